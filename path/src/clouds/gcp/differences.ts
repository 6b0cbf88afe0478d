import type { FieldChange } from '../../core/event.ts';

/**
 * Where an answer differs from what is wanted. What the service does not return is no difference: it leaves out what it
 * does not tell, and what has its usual value. Paths of resources are equal however much of their URL is written. Pure.
 */
export function differences(wanted: unknown, answer: unknown, path = ''): readonly FieldChange[] {
  if (answer === undefined || wanted === undefined) return [];
  if (Array.isArray(wanted)) {
    const given = Array.isArray(answer) ? answer : [];
    if (given.length !== wanted.length) return [{ path, before: answer, after: wanted }];
    return wanted.flatMap((each, index) => differences(each, given[index], `${path}[${index}]`));
  }
  if (typeof wanted === 'object' && wanted !== null && typeof answer === 'object' && answer !== null)
    return Object.entries(wanted).flatMap(([key, member]) =>
      differences(member, (answer as Record<string, unknown>)[key], `${path}.${key}`),
    );
  return sameText(String(wanted), String(answer)) ? [] : [{ path, before: answer, after: wanted }];
}

function sameText(wanted: string, answer: string): boolean {
  return wanted === answer || (wanted.startsWith('projects/') && answer.endsWith(`/${wanted}`));
}
