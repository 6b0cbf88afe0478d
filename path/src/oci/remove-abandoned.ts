import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const day = 24 * 60 * 60 * 1000;

/**
 * Removes what killed processes left in a folder: names that begin so and were not touched for a day before something
 * last came into the folder or left it. No clock but the file system's own is asked: one that is wrong would have
 * another process's work removed under its hands.
 */
export async function removeAbandoned(folder: string, prefix: string): Promise<void> {
  const { mtimeMs: last } = await stat(folder);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix)) continue;
    const path = join(folder, name);
    const left = await stat(path).catch(() => undefined);
    if (left !== undefined && last - left.mtimeMs > day) await rm(path, { recursive: true, force: true });
  }
}
