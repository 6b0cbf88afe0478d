import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryName } from '../effects/temporary.ts';

/** Does something with a folder below the cache (so on its file system) that is gone afterwards. */
export async function inTemporaryFolder<Result>(
  cache: string,
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = join(cache, 'work', temporaryName('image'));
  await mkdir(folder, { recursive: true });
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
