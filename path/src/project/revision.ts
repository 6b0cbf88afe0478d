import type { Context } from '../effects/context.ts';
import type { Project } from './project.ts';

/** What git knows of the sources. */
export interface Revision {
  /** The commit's whole name. */
  readonly commit: string;
  /** Whether the project's folder is as the commit has it. */
  readonly clean: boolean;
}

/** The commit that the project's sources are at. Undefined where the folder is no git checkout. */
export async function findRevision(context: Context, project: Project): Promise<Revision | undefined> {
  if ((await context.processes.find('git')) === undefined) return undefined;
  const git = (...args: string[]) =>
    context.processes.run({ program: 'git', args, cwd: project.folder, signal: context.signal });
  const [head, changes] = await Promise.all([
    git('rev-parse', 'HEAD'),
    git('status', '--porcelain', '--untracked-files=normal', '--', '.'),
  ]);
  if (head.code !== 0) return undefined;
  return { commit: head.stdout.trim(), clean: changes.stdout.trim() === '' };
}

/** A revision as a tag for people: twelve digits, and `-dirty` where the working tree differs from the commit. */
export function revisionTag({ commit, clean }: Revision): string {
  return `${commit.slice(0, 12)}${clean ? '' : '-dirty'}`;
}

/** The tag of the commit that the project's sources are at. Undefined where the folder is no git checkout. */
export async function revisionOf(context: Context, project: Project): Promise<string | undefined> {
  const revision = await findRevision(context, project);
  return revision === undefined ? undefined : revisionTag(revision);
}
