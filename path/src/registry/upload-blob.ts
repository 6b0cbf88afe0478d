import { StepFailed } from '../core/failure.ts';
import type { StoredBlob } from '../core/handover.ts';
import { verifyBlob } from '../oci/verify-blob.ts';
import type { Client } from './client.ts';
import {
  patchBlob,
  putBlob,
  type Repository,
  startUpload,
  type UploadSession,
  uploadStatus,
} from './requests.ts';
import { TemporaryFailure } from './retry.ts';

/** Where a blob goes, and who is told how far it is. */
export interface UploadOptions {
  readonly repository: Repository;
  /** An upload that was begun already; used for the first attempt. */
  readonly begun?: UploadSession | undefined;
  /** Called with the bytes that the registry has of it by now; goes back when an attempt failed. */
  readonly onProgress?: (bytes: number) => void;
}

const defaultChunk = 8 * 1024 * 1024;
// A connection that breaks that often is bad, or cut by a proxy that closes on large requests without a word.
const mostBreaks = 2;

/**
 * Uploads a blob: whole, streamed from its file, or in chunks where whole blobs are refused or the connection breaks
 * again and again. A whole upload that breaks begins again; one in chunks goes on where it was.
 * Throws DamagedBlob where the cache has lost its bytes, otherwise StepFailed or UserMistake.
 */
export async function uploadBlob(client: Client, blob: StoredBlob, options: UploadOptions): Promise<void> {
  const { repository, onProgress } = options;
  const { size } = blob.descriptor;
  let { begun } = options;
  let breaks = 0;
  const way = await client.retrying(async () => {
    if (breaks === mostBreaks && size > defaultChunk) return 'chunks';
    const upload = begun ?? (await client.sendOnce(startUpload(repository)));
    begun = undefined;
    let sent = 0;
    onProgress?.(0);
    const body = { kind: 'blob', blob } as const;
    const ask = putBlob(repository, upload, { descriptor: blob.descriptor, body });
    const tell = (bytes: number) => {
      sent += bytes;
      onProgress?.(sent);
    };
    return client.sendOnce(ask, tell).catch((error: unknown) => {
      if (error instanceof TemporaryFailure && error.cause !== undefined) breaks += 1;
      throw error;
    });
  });
  if (way === 'chunks') await uploadChunks(client, blob, options);
}

/** Uploads a blob piece by piece (distribution spec, "Pushing a blob in chunks"). */
async function uploadChunks(client: Client, blob: StoredBlob, options: UploadOptions): Promise<void> {
  const { repository, onProgress } = options;
  const { size } = blob.descriptor;
  // Its pieces say nothing of the whole, and the registry says no only when it has all of them.
  await verifyBlob(blob);
  const first = await client.send(startUpload(repository));
  const chunk = Math.max(first.chunkMinimum ?? 0, defaultChunk);
  let state = { received: 0, upload: first };
  let broken = false;
  // A registry may keep less of a piece than it was sent, but not again and again.
  let left = 2 * Math.ceil(size / chunk) + 10;
  while (state.received < size) {
    if (left === 0) throw noProgress(client, repository);
    left -= 1;
    onProgress?.(state.received);
    const before = state;
    state = await client.retrying(async () => {
      // After a break only the registry knows how much of the piece it has.
      const now = broken ? await client.sendOnce(uploadStatus(repository, before.upload)) : before;
      broken = false;
      if (now.received >= size) return now;
      const piece = { start: now.received, length: Math.min(chunk, size - now.received), path: blob.path };
      try {
        return await client.sendOnce(patchBlob(repository, now.upload, piece));
      } catch (error) {
        broken = error instanceof TemporaryFailure;
        throw error;
      }
    });
    if (state.received <= before.received) throw noProgress(client, repository);
  }
  const body = { kind: 'bytes', bytes: new Uint8Array() } as const;
  const stored = await client.send(putBlob(repository, state.upload, { descriptor: blob.descriptor, body }));
  if (stored === 'chunks') throw noProgress(client, repository);
  onProgress?.(size);
}

function noProgress(client: Client, repository: Repository): StepFailed {
  return new StepFailed({
    what: `${client.endpoint.host} takes a blob neither whole nor in pieces (${repository.reference})`,
    next: 'Allow larger requests in the registry or the proxy before it.',
  });
}
