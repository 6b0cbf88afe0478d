import type { BuiltImage, RegistryAccess } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { createClient } from './client.ts';
import { repositoryOf } from './repository.ts';
import { createTransfer } from './transfer.ts';

/**
 * Looks for every blob of images that a registry is believed to have, and sends those that it has lost. Publishing asks
 * for manifests alone. @returns the names of the images that something was sent of
 * @throws as publishing does
 */
export async function sendLostParts(
  context: Context,
  registry: RegistryAccess,
  images: readonly BuiltImage[],
): Promise<readonly string[]> {
  const client = createClient(context, registry);
  try {
    const transfer = createTransfer(client);
    const sent = await Promise.all(
      images.map(async ({ name, config, layers }) => {
        const repository = repositoryOf(registry, name);
        return Promise.all([config, ...layers].map((blob) => transfer.ensure(repository, blob)));
      }),
    );
    return images.filter((_, index) => sent[index]?.includes(true)).map(({ name }) => name);
  } finally {
    await client.close();
  }
}
