import type { BuiltImage } from './core/handover.ts';
import type { Context } from './effects/context.ts';
import { DamagedBlob } from './oci/damage.ts';
import { Store } from './oci/store.ts';

/**
 * Makes images and does something with their bytes. A build that changes nothing reads none of them, so a disk that
 * lost some is only noticed here: all are hashed then, what is damaged is told of and made again, once.
 * @throws what making and using throw; DamagedBlob where the disk keeps nothing
 */
export async function withWholeImages<Result>(
  context: Context,
  make: () => Promise<readonly BuiltImage[]>,
  use: (images: readonly BuiltImage[]) => Promise<Result>,
): Promise<Result> {
  const images = await make();
  try {
    return await use(images);
  } catch (error) {
    if (!(error instanceof DamagedBlob)) throw error;
    const blobs = images.flatMap(({ manifest, config, layers }) => [manifest, config, ...layers]);
    const store = new Store(context);
    await store.distrust([error.digest, ...blobs.map(({ descriptor }) => descriptor.digest)]);
    return await use(await make());
  }
}
