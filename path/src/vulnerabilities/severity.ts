import { type Severity, severities } from '../project/policy.ts';

/** The worse of two severities; one that is absent is no opinion. */
export function worse(one: Severity | undefined, other: Severity | undefined): Severity | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return severities.indexOf(one) < severities.indexOf(other) ? one : other;
}

/** Whether a severity is at a threshold or above; one that nobody has rated counts as medium. */
export function reaches(severity: Severity | undefined, threshold: Severity | 'none'): boolean {
  if (threshold === 'none') return false;
  return severities.indexOf(severity ?? 'medium') <= severities.indexOf(threshold);
}
