import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeAbandoned } from '../oci/remove-abandoned.ts';

/** Does something with a folder below the cache (so on its file system) that is gone afterwards. */
export async function inTemporaryFolder<Result>(
  cache: string,
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  const above = join(cache, 'work');
  await mkdir(above, { recursive: true });
  await removeAbandoned(above, 'image-');
  const folder = await mkdtemp(join(above, 'image-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
