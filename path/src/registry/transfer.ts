import type { Digest, StoredBlob } from '../core/handover.ts';
import type { Client } from './client.ts';
import type { KnownPlaces } from './known-places.ts';
import { headBlob, mountBlob, type Repository } from './requests.ts';
import { uploadBlob } from './upload-blob.ts';

/** Brings blobs into repositories of one registry; each is sent at most once, whichever images share it. */
export interface Transfer {
  /** Resolves to whether it had to be sent: not where the registry had it or took it from another image. */
  ensure(repository: Repository, blob: StoredBlob, onProgress?: (bytes: number) => void): Promise<boolean>;
}

/** A transfer for one run. `places`: where this machine has seen blobs before. */
export function createTransfer(client: Client, places?: KnownPlaces): Transfer {
  const firsts = new Map<Digest, { readonly name: string; readonly there: Promise<boolean> }>();

  const first = async (repository: Repository, blob: StoredBlob, onProgress?: (bytes: number) => void) => {
    if (await client.send(headBlob(repository, blob.descriptor))) return false;
    const seen = await places?.of(blob.descriptor.digest);
    if (seen === undefined || seen === repository.name) {
      await uploadBlob(client, blob, { repository, onProgress: onProgress ?? (() => {}) });
      return true;
    }
    return mountOrUpload(repository, blob, seen, onProgress);
  };

  /** Resolves to whether it had to be sent. */
  const mountOrUpload = async (
    repository: Repository,
    blob: StoredBlob,
    from: string,
    onProgress: ((bytes: number) => void) | undefined,
  ): Promise<boolean> => {
    const answer = await client.send(mountBlob(repository, blob.descriptor, from));
    if (answer === 'mounted') return false;
    const begun = answer === 'refused' ? undefined : answer;
    await uploadBlob(client, blob, { repository, begun, onProgress: onProgress ?? (() => {}) });
    return true;
  };

  return {
    async ensure(repository, blob, onProgress) {
      const { digest } = blob.descriptor;
      const known = firsts.get(digest);
      if (known === undefined) {
        const there = first(repository, blob, onProgress);
        firsts.set(digest, { name: repository.name, there });
        return there;
      }
      await known.there;
      return known.name === repository.name ? false : mountOrUpload(repository, blob, known.name, onProgress);
    },
  };
}
