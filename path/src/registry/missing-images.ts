import type { PublishedImage, RegistryAccess } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { createClient } from './client.ts';
import { repositoryOf } from './repository.ts';
import { headManifest } from './requests.ts';

/** The references of those images that a registry no longer has (distribution spec 1.1, "Checking if content exists"). */
export async function missingImages(
  context: Context,
  registry: RegistryAccess,
  images: readonly PublishedImage[],
): Promise<readonly string[]> {
  const client = createClient(context, registry);
  try {
    const heads = await Promise.all(
      images.map(({ name, digest }) => client.send(headManifest(repositoryOf(registry, name), digest))),
    );
    return images.filter((_, index) => heads[index] === undefined).map(({ reference }) => reference);
  } finally {
    await client.close();
  }
}
