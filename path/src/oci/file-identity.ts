import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';

/**
 * What tells a file from any other that was or will be at its path: size, inode, and the times of its last change. Not
 * even a program that sets a file's times back can set its ctime.
 */
export function identityOf(found: BigIntStats): string {
  return [found.size, found.ino, found.mtimeNs, found.ctimeNs].join(' ');
}

/** The identity of the file at a path, or undefined where there is none. */
export async function fileIdentity(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return found === undefined ? undefined : identityOf(found);
}
