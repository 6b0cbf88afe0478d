import type { Context } from '../effects/context.ts';
import type { Project } from './project.ts';

/** Where a project's sources stand. */
export interface SourceState {
  /** The commit, all its hexadecimal digits. */
  readonly commit: string;
  /** Whether the project's folder is as the commit has it, and nothing that is not ignored lies beside. */
  readonly clean: boolean;
}

/** The commit that the project's sources are at. Undefined where the folder is no git checkout. */
export async function sourceOf(context: Context, project: Project): Promise<SourceState | undefined> {
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

/** The commit as a tag for people: twelve digits, and `-dirty` where the sources differ from it. Pure. */
export function revisionOf({ commit, clean }: SourceState): string {
  return `${commit.slice(0, 12)}${clean ? '' : '-dirty'}`;
}
