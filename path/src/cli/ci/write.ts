import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserMistake } from '../../core/failure.ts';
import type { Pipeline } from './pipeline.ts';
import { isUntouched } from './seal.ts';

/**
 * Writes a pipeline's file.
 * @param root the repository's folder
 * @param options `force`: also over a file that somebody has changed, or wrote
 * @throws UserMistake where such a file is there
 */
export async function writePipeline(
  root: string,
  { path, text }: Pick<Pipeline, 'path' | 'text'>,
  options: { readonly force: boolean },
): Promise<'created' | 'configured' | 'unchanged'> {
  const file = join(root, path);
  const before = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (before === text) return 'unchanged';
  if (before !== undefined && !isUntouched(before) && !options.force)
    throw new UserMistake({
      what: `${path} is there already and was written or changed by hand`,
      where: { file },
      next: 'Put it aside and compare, or add --force to write over it.',
    });
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.ptp`, text);
  await rename(`${file}.ptp`, file);
  return before === undefined ? 'created' : 'configured';
}
