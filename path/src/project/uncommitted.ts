import { type Problem, UserMistake } from '../core/failure.ts';
import type { Context } from '../effects/context.ts';
import type { Project } from './project.ts';
import { type SourceState, sourceOf } from './revision.ts';

/** How many files a message names. */
const named = 10;

/**
 * Holds the sources against what the target asks of them: refuses or tells of what no commit has.
 * @param source where they stand, if that is known already
 * @throws UserMistake where the target's `uncommitted` is `block`
 */
export async function checkUncommitted(
  context: Context,
  project: Project,
  source?: Promise<SourceState | undefined>,
): Promise<void> {
  const problem = await uncommittedProblem(context, project, source);
  if (problem === undefined) return;
  if (project.target.uncommitted === 'block') throw new UserMistake(problem);
  context.emit({ kind: 'warning', step: 'project', problem });
}

/** What is to be said of sources that no commit has. Undefined where they are as one has them, or nobody asks. */
export async function uncommittedProblem(
  context: Context,
  project: Project,
  source?: Promise<SourceState | undefined>,
): Promise<Problem | undefined> {
  const { name, uncommitted = 'allow' } = project.target;
  if (uncommitted === 'allow') return undefined;
  const state = await (source ?? sourceOf(context, project));
  if (state?.clean === true) return undefined;
  const where = { key: `targets.${name}.uncommitted` };
  if (state === undefined)
    return {
      what: 'nothing tells which commit these sources are: nobody could make this release again from one',
      where,
      next: 'Run `git init`, commit, and run the command again; see `git status` where that was done.',
    };
  const files = await changedFiles(context, project);
  const rest = files.length - named;
  return {
    what: `these sources are not as commit ${state.commit.slice(0, 12)} has them`,
    where,
    next: 'Commit the changes, or put them aside with `git stash --include-untracked`.',
    details: [...files.slice(0, named), ...(rest > 0 ? [`and ${rest} more`] : [])],
  };
}

/** `changed: system/web/main.js`, seen from the project's folder; also `new` and `deleted`. */
async function changedFiles({ processes, signal }: Context, { folder }: Project): Promise<readonly string[]> {
  const git = (...args: string[]) => processes.run({ program: 'git', args, cwd: folder, signal });
  const [status, prefix] = await Promise.all([
    git('status', '--porcelain', '-z', '--no-renames', '--untracked-files=normal', '--', '.'),
    git('rev-parse', '--show-prefix'),
  ]);
  const above = prefix.stdout.trim();
  return status.stdout
    .split('\0')
    .filter(Boolean)
    .map((entry) => {
      const path = entry.slice(3);
      const own = path.startsWith(above) ? path.slice(above.length) : path;
      return `${wordFor(entry.slice(0, 2))}: ${own}`;
    });
}

/** What a status of `git status --porcelain` (version 1) means. */
function wordFor(status: string): string {
  if (status.includes('D')) return 'deleted';
  return status.includes('?') || status.includes('A') ? 'new' : 'changed';
}
