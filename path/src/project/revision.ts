import type { Context } from '../effects/context.ts';
import type { Project } from './project.ts';

/**
 * The commit that the project's sources are at, as a tag for people: twelve digits, and `-dirty` where the working
 * tree differs from it. Undefined where the folder is no git checkout.
 */
export async function revisionOf(context: Context, project: Project): Promise<string | undefined> {
  if ((await context.processes.find('git')) === undefined) return undefined;
  const git = (...args: string[]) =>
    context.processes.run({ program: 'git', args, cwd: project.folder, signal: context.signal });
  const [head, changes] = await Promise.all([
    git('rev-parse', '--short=12', 'HEAD'),
    git('status', '--porcelain', '--untracked-files=normal', '--', '.'),
  ]);
  if (head.code !== 0) return undefined;
  return changes.stdout.trim() === '' ? head.stdout.trim() : `${head.stdout.trim()}-dirty`;
}
