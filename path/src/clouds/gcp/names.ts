import { createHash } from 'node:crypto';
import type { Project } from '../../project/project.ts';
import { isOurs, ownTags, stackName } from '../ownership.ts';

/**
 * A name of at most so many characters: the stack's and an ending, with the middle of what is too long as a hash.
 * @param longest 63 for most things; 30 for service accounts
 */
export function nameOf(project: Project, ending?: string, longest = 63): string {
  const whole = [stackName(project), ending].filter((part) => part !== undefined).join('-');
  if (whole.length <= longest) return whole;
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, 6);
  const rest = ending === undefined ? `-${hash}` : `-${hash}-${ending}`;
  return (
    stackName(project)
      .slice(0, longest - rest.length)
      .replace(/-+$/, '') + rest
  );
}

/** The mark of ownership of what takes no labels: its description. */
export function markOf(project: Project): string {
  return Object.entries(ownTags(project))
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}

/** Whether a description is the mark of this project and target. */
export function isMarked(description: string | undefined, project: Project): boolean {
  const pairs = (description ?? '').split(' ').map((pair) => pair.split('='));
  return isOurs(Object.fromEntries(pairs.map(([key, value]) => [key ?? '', value])), project);
}
