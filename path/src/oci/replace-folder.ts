import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What names of folders begin with that are on their way in or out: `removeAbandoned` takes them. */
export const incoming = 'incoming-';

/** Puts a folder in another's place, or where there is none; half of each is never there. */
export async function replaceFolder(folder: string, by: string): Promise<void> {
  const away = join(dirname(folder), incoming + randomUUID());
  await rename(folder, away).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  try {
    await rename(by, folder);
  } finally {
    await rm(away, { recursive: true, force: true });
  }
}
