import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { StepFailed } from './core/failure.ts';
import type { Digest } from './core/handover.ts';
import type { Context } from './effects/context.ts';
import { timed } from './effects/timed.ts';
import { buildProjectImages } from './images.ts';
import { loadProject } from './project/load.ts';
import type { Project } from './project/project.ts';

/**
 * Builds a project's images from a commit alone: its files in a folder of their own, a cache that is empty, nothing of
 * the working tree. Only what compilers keep for themselves is shared, by content.
 * @returns the digest of each image by its name
 * @throws StepFailed where git does not have the commit, and what a build throws
 */
export function rebuild(
  context: Context,
  project: Project,
  commit: string,
): Promise<ReadonlyMap<string, Digest>> {
  return timed(context, 'image', `build ${commit.slice(0, 12)} again`, async () => {
    await mkdir(context.cache, { recursive: true });
    const scratch = await mkdtemp(join(context.cache, 'rebuild-'));
    try {
      const folder = await checkOut(context, project, commit, scratch);
      const cache = join(scratch, 'cache');
      await mkdir(cache);
      // Go's own caches are keyed by content, and gigabytes.
      const shared = join(context.cache, 'go');
      if (existsSync(shared)) await symlink(shared, join(cache, 'go'));
      const then = await loadProject(join(folder, 'ptp.yaml'), project.target.name, {
        emit: context.emit,
        env: process.env,
        shownAs: 'ptp.yaml',
      });
      const images = await buildProjectImages({ ...context, cache }, then);
      const digests = images.map(({ name, manifest }) => [name, manifest.descriptor.digest] as const);
      return { result: new Map(digests), text: `${digests.length} images` };
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  });
}

/** Writes the files of a commit into a folder; returns where the project's own lie in it. */
async function checkOut(
  context: Context,
  project: Project,
  commit: string,
  scratch: string,
): Promise<string> {
  const run = async (program: string, args: readonly string[], cwd: string) => {
    const { code, stdout, stderr } = await context.processes.run({
      program,
      args,
      cwd,
      signal: context.signal,
    });
    if (code === 0) return stdout.trim();
    throw new StepFailed({
      what: `${program} cannot bring back the sources of ${commit.slice(0, 12)}`,
      where: { file: basename(project.folder) },
      next: 'Fetch the commit: `git fetch --unshallow`, or from where it was pushed to.',
      details: stderr.trim().split('\n').slice(-5),
    });
  };
  const [top = '', prefix = ''] = (
    await run('git', ['rev-parse', '--show-toplevel', '--show-prefix'], project.folder)
  ).split('\n');
  const archive = join(scratch, 'sources.tar');
  const tree = join(scratch, 'sources');
  await mkdir(tree);
  await run('git', ['archive', '--format=tar', `--output=${archive}`, commit], top);
  await run('tar', ['--extract', '--file', archive, '--directory', tree, '--no-same-owner'], top);
  return join(tree, prefix);
}
