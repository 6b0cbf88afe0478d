import { createHash } from 'node:crypto';
import type { Project } from '../../project/project.ts';
import { stackName } from '../ownership.ts';

type Named = Pick<Project, 'name' | 'target'>;

/**
 * A name that has to be unique in all of Azure: what it is for, and eight digits that only this project's domain gives.
 * @param most how long it may be; what is before the digits is cut
 */
export function globalName(
  project: Named,
  words: readonly string[],
  most: number,
  between: '-' | '',
): string {
  const { name, target } = project;
  const digits = hex([target.domain, name, target.name, ...words]).slice(0, 8);
  const spoken = [stackName(project), ...words].join('-').replaceAll(between === '' ? '-' : /-+/g, between);
  return `${spoken.slice(0, most - digits.length - between.length).replace(/-+$/, '')}${between}${digits}`;
}

/** A GUID that the same words always give: role assignments are called by one, and nothing else tells them apart. */
export function guidOf(words: readonly string[]): string {
  const digits = hex(words.map((word) => word.toLowerCase()));
  // A name-based UUID of our own digest (RFC 9562, 5.8: version 8).
  const parts = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
  ];
  return [...parts, digits.slice(20, 32)].join('-');
}

/** Paths of a project's things from ARM's root. */
export function pathsOf(project: Named, subscription: string) {
  const group = `/subscriptions/${subscription}/resourceGroups/${stackName(project)}`;
  return { group, provider: (rest: string) => `${group}/providers/${rest}` };
}

function hex(words: readonly string[]): string {
  return createHash('sha256').update(words.join('\0')).digest('hex');
}
