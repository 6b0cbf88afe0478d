import { createReadStream } from 'node:fs';
import type { StoredBlob } from '../core/handover.ts';
import { DamagedBlob } from './damage.ts';
import { digestOfStream } from './digest.ts';

/** Hashes a blob that is about to leave the store. Throws DamagedBlob where it is not there or not what it should be. */
export async function verifyBlob({ descriptor: { digest }, path }: StoredBlob): Promise<void> {
  const actual = await digestOfStream(createReadStream(path)).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') throw new DamagedBlob(digest, path, 'is missing', { cause });
    throw new DamagedBlob(digest, path, `can't be read (${cause.message})`, { cause });
  });
  if (actual.digest !== digest) throw new DamagedBlob(digest, path, 'was damaged');
}
