import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { temporaryName } from './temporary.ts';

/**
 * Writes a small file so that readers see the old content or the new, never half; makes its folder.
 * @param mode who may read it, less the process's umask
 */
export async function writeAtomically(
  path: string,
  content: string | Uint8Array,
  mode = 0o666,
): Promise<void> {
  const temporary = temporaryName(path);
  const write = async () => {
    await writeFile(temporary, content, { mode });
    await rename(temporary, path);
  };
  try {
    await write().catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      await mkdir(dirname(path), { recursive: true });
      await write();
    });
  } finally {
    await rm(temporary, { force: true });
  }
}
