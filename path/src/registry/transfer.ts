import type { Digest, StoredBlob } from '../core/handover.ts';
import type { Client } from './client.ts';
import { headBlob, mountBlob, type Repository } from './requests.ts';
import { uploadBlob } from './upload-blob.ts';

/** Brings blobs into repositories of one registry; each is sent at most once, whichever images share it. */
export interface Transfer {
  /** Resolves to the bytes that had to be sent: 0 where the registry had the blob or took it from another image. */
  ensure(repository: Repository, blob: StoredBlob, onProgress?: (bytes: number) => void): Promise<number>;
}

/** A transfer for one run. */
export function createTransfer(client: Client): Transfer {
  const firsts = new Map<Digest, { readonly name: string; readonly there: Promise<number> }>();

  const first = async (repository: Repository, blob: StoredBlob, onProgress?: (bytes: number) => void) => {
    if (await client.send(headBlob(repository, blob.descriptor))) return 0;
    await uploadBlob(client, blob, { repository, onProgress: onProgress ?? (() => {}) });
    return blob.descriptor.size;
  };

  return {
    async ensure(repository, blob, onProgress) {
      const { digest, size } = blob.descriptor;
      const known = firsts.get(digest);
      if (known === undefined) {
        const there = first(repository, blob, onProgress);
        firsts.set(digest, { name: repository.name, there });
        return there;
      }
      await known.there;
      if (known.name === repository.name) return 0;
      const answer = await client.send(mountBlob(repository, blob.descriptor, known.name));
      if (answer === 'mounted') return 0;
      const begun = answer === 'refused' ? undefined : answer;
      await uploadBlob(client, blob, { repository, begun, onProgress: onProgress ?? (() => {}) });
      return size;
    },
  };
}
