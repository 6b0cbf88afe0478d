import type { BuiltImage, StoredBlob } from '../core/handover.ts';
import type { Client } from './client.ts';
import { headManifest, putManifest, type Repository } from './requests.ts';
import type { Transfer } from './transfer.ts';

/** What was sent for an image. */
export interface Sent {
  /** Blobs and the manifest. */
  readonly uploaded: number;
  readonly bytes: number;
}

/** How an image is published. */
export interface PublishOptions {
  readonly client: Client;
  readonly transfer: Transfer;
  readonly repository: Repository;
  readonly tags: readonly string[];
  /** Called with the bytes sent by now and those there are to send at most. */
  readonly onProgress: (sent: number, total: number) => void;
}

/**
 * Makes the registry have an image under its digest and tags. What is there already costs one request for each tag,
 * or one in all without tags. Throws DamagedBlob where the cache has lost what has to be sent, otherwise StepFailed or
 * UserMistake.
 */
export async function publishImage(image: BuiltImage, options: PublishOptions): Promise<Sent> {
  const { client, repository, tags } = options;
  const { digest, size } = image.manifest.descriptor;
  const tagged = await Promise.all(tags.map((tag) => client.send(headManifest(repository, tag))));
  const missing = tags.filter((_, index) => tagged[index]?.digest !== digest);
  const there =
    missing.length < tags.length || (await client.send(headManifest(repository, digest))) !== undefined;
  const sent = there ? [] : await sendBlobs(image, options);
  const body = { kind: 'blob', blob: image.manifest } as const;
  const manifest = { descriptor: image.manifest.descriptor, body };
  // Under a tag it is there under its digest as well.
  const names = there || missing.length > 0 ? missing : [digest];
  await Promise.all(names.map((name) => client.send(putManifest(repository, name, manifest))));
  const all = there ? [] : [...sent, size];
  return { uploaded: all.length, bytes: all.reduce((sum, bytes) => sum + bytes, 0) };
}

/** Sends the blobs that are missing and returns the sizes of those that were sent. */
async function sendBlobs(image: BuiltImage, options: PublishOptions): Promise<readonly number[]> {
  const blobs = unique([image.config, ...image.layers]);
  const total = blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  const done = new Map<StoredBlob, number>();
  const tell = (blob: StoredBlob, bytes: number) => {
    done.set(blob, bytes);
    options.onProgress(
      [...done.values()].reduce((sum, part) => sum + part, 0),
      total,
    );
  };
  const sent = await Promise.all(
    blobs.map((blob) => options.transfer.ensure(options.repository, blob, (bytes) => tell(blob, bytes))),
  );
  return blobs.filter((_, index) => sent[index]).map(({ descriptor }) => descriptor.size);
}

/** An image may name the same layer twice: an empty one, say. */
function unique(blobs: readonly StoredBlob[]): readonly StoredBlob[] {
  return [...new Map(blobs.map((blob) => [blob.descriptor.digest, blob])).values()];
}
