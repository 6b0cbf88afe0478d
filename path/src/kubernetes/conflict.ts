import type { Problem } from '../core/failure.ts';
import type { KubernetesError } from './error.ts';
import { type KubernetesObject, objectName } from './objects.ts';

/** A field that someone else decides (server-side apply, "Conflicts"). */
export interface Conflict {
  readonly manager: string;
  readonly field: string;
}

/** The conflicts in a refusal; empty where it was refused for another reason. */
export function conflictsOf(error: KubernetesError): readonly Conflict[] {
  if (error.code !== 409) return [];
  return (error.status.details?.causes ?? [])
    .filter((cause) => cause.reason === 'FieldManagerConflict')
    .map((cause) => ({
      manager: /"([^"]+)"/.exec(cause.message ?? '')?.[1] ?? 'unknown',
      field: cause.field ?? '',
    }));
}

/** What to tell the user about conflicts: whose the fields are, and the two ways out. */
export function conflictProblem(object: KubernetesObject, conflicts: readonly Conflict[]): Problem {
  const managers = [...new Set(conflicts.map((conflict) => conflict.manager))].join(', ');
  return {
    what: `${managers} has changed fields that ptp.yaml decides as well`,
    where: { object: objectName(object) },
    next: 'Put the change into ptp.yaml, or run again with --force to overrule it.',
    details: conflicts.map((conflict) => `${conflict.field} is managed by ${conflict.manager}`),
  };
}

/** Tools that people change single objects with; what they leave is drift and nobody's decision for good. */
const tools = /^(kubectl|k9s|lens|headlamp)/i;

/** Whether a field was changed by a person's hand, and not by a controller or another tool that decides it. */
export function byHand({ manager }: Conflict): boolean {
  return tools.test(manager);
}

/** What to tell of fields that somebody changed by hand and that are put right. */
export function byHandProblem(object: KubernetesObject, conflicts: readonly Conflict[]): Problem {
  const fields = conflicts.filter(byHand).map(({ manager, field }) => `${field} was changed with ${manager}`);
  return {
    what: 'fields that ptp.yaml decides were changed by hand and are put right',
    where: { object: objectName(object) },
    next: 'Put the change into ptp.yaml if it is to stay.',
    details: fields,
  };
}
