import type { BuiltImage, PublishedImage, RegistryAccess } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { type Client, createClient } from './client.ts';
import { knownPlaces } from './known-places.ts';
import type { Patience } from './patience.ts';
import { publishImage } from './publish-image.ts';
import { repositoryOf } from './repository.ts';
import type { Repository } from './requests.ts';
import { createTransfer, type Transfer } from './transfer.ts';

/** What people may call the images by, beside their digests. */
export interface PublishImagesOptions {
  /** Each of them for every image: a commit, `latest`. */
  readonly tags: readonly string[];
  /** How long the registry is waited for; absent: as long as usual. */
  readonly patience?: Patience;
}

const tellEvery = 500;

/**
 * Step 2: brings images into a registry and returns them in the same order. Only what is missing is sent: a blob
 * that images share once. Throws UserMistake for wrong credentials, names and tags, otherwise StepFailed.
 */
export async function publishImages(
  context: Context,
  registry: RegistryAccess,
  images: readonly BuiltImage[],
  options: PublishImagesOptions,
): Promise<readonly PublishedImage[]> {
  const tags = [...new Set(options.tags)];
  const planned = images.map((image) => ({ image, repository: repositoryOf(registry, image.name, tags) }));
  const client = createClient(context, registry, options.patience);
  try {
    const places = knownPlaces(context.cache, client.endpoint.host);
    const transfer = createTransfer(client, places);
    const publishing = planned.map(({ image, repository }) =>
      publish(context, { client, transfer, repository, tags }, image),
    );
    const published = await Promise.all(publishing).catch(async (error: unknown) => {
      // Nothing is told of the others any more when one has failed.
      await client.close();
      await Promise.allSettled(publishing);
      throw error;
    });
    for (const { image, repository } of planned)
      for (const { descriptor } of image.layers) places.note(descriptor.digest, repository.name);
    await places.save();
    return published;
  } finally {
    await client.close();
  }
}

interface Means {
  readonly client: Client;
  readonly transfer: Transfer;
  readonly repository: Repository;
  readonly tags: readonly string[];
}

async function publish(context: Context, means: Means, image: BuiltImage): Promise<PublishedImage> {
  const { repository, tags } = means;
  const { digest } = image.manifest.descriptor;
  const reference = `${repository.reference}@${digest}`;
  const onProgress = progress(context, image.name);
  const { uploaded, bytes } = await publishImage(image, { ...means, onProgress });
  context.emit({ kind: 'image-published', step: 'registry', reference, uploaded, bytes });
  return { name: image.name, reference, digest, tags };
}

/** Tells of an upload every half second; what is quicker is not told at all. */
function progress(context: Context, image: string): (sent: number, total: number) => void {
  const began = context.clock.monotonic();
  let told = began;
  return (sent, total) => {
    const now = context.clock.monotonic();
    if (now - told < tellEvery || total === 0) return;
    told = now;
    const fraction = Math.min(1, sent / total);
    const text = `uploading ${image}: ${mebibytes(sent)} of ${mebibytes(total)} MiB`;
    const remaining = fraction > 0.02 ? { remaining: ((now - began) / 1000) * (1 / fraction - 1) } : {};
    context.emit({ kind: 'progress', step: 'registry', task: image, text, fraction, ...remaining });
  };
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}
