import type { FieldChange } from '../../core/event.ts';

/** What it means that an answer leaves something out. */
export interface Reading {
  /** It has its usual value there: false, an empty list (ProtoJSON leaves those out). Else nothing is known of it. */
  readonly omitted: 'usual' | 'unknown';
}

/**
 * Where an answer differs from what is wanted. Paths of resources are equal however much of their URL is written; lists
 * have no order. Pure.
 */
export function differences(
  wanted: unknown,
  answer: unknown,
  reading: Reading = { omitted: 'unknown' },
  path = '',
): readonly FieldChange[] {
  if (wanted === undefined) return [];
  if (answer === undefined) return isUsual(wanted, reading) ? [] : [{ path, after: wanted }];
  if (Array.isArray(wanted)) {
    const given = Array.isArray(answer) ? answer : [];
    const same =
      given.length === wanted.length &&
      wanted.every((each) => given.some((other) => differences(each, other, reading).length === 0));
    return same ? [] : [{ path, before: answer, after: wanted }];
  }
  if (typeof wanted === 'object' && wanted !== null && typeof answer === 'object' && answer !== null)
    return Object.entries(wanted).flatMap(([key, member]) =>
      differences(member, (answer as Record<string, unknown>)[key], reading, `${path}.${key}`),
    );
  return sameText(String(wanted), String(answer)) ? [] : [{ path, before: answer, after: wanted }];
}

/** Whether what is wanted may be what an answer left out. */
function isUsual(wanted: unknown, { omitted }: Reading): boolean {
  if (omitted === 'unknown') return true;
  if (Array.isArray(wanted)) return wanted.length === 0;
  if (typeof wanted !== 'object' || wanted === null) return wanted !== true;
  return Object.values(wanted).every((member) => isUsual(member, { omitted }));
}

function sameText(wanted: string, answer: string): boolean {
  return wanted === answer || (wanted.startsWith('projects/') && answer.endsWith(`/${wanted}`));
}
