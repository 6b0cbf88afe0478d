import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Attachments, Descriptor } from '../../core/handover.ts';
import type { Context } from '../../effects/context.ts';
import { tellDamage } from '../../oci/damage.ts';
import { digestHex } from '../../oci/digest.ts';
import { readSealed, sealedEnding, writeSealed } from '../../oci/sealed.ts';
import { Store } from '../../oci/store.ts';
import { type LayerFacts, layered, type Placed } from './facts.ts';
import { AlteredLayer, readLayer } from './layer.ts';

/** Raise it when the same layer shall tell other facts: what earlier versions have kept is not used then. */
const edition = 1;

/** Which layers to look into, and where they are. */
export interface Layers {
  readonly image: string;
  readonly layers: readonly Descriptor[];
  readonly attachments: Attachments;
  /**
   * Read every layer from the registry, whatever is known of it: the bytes that are there are to be checked. Without
   * it a layer that was looked into once, or that this machine has, is not fetched.
   */
  readonly fromRegistry?: boolean;
}

/**
 * The packages that lie in an image, as its own layers tell. Each layer is read once on a machine: what it says is kept
 * under its digest. Throws AlteredLayer where a layer's bytes are others than its digest says.
 */
export async function inventoryOf(context: Context, layers: Layers): Promise<readonly Placed[]> {
  const unique = [...new Map(layers.layers.map((layer) => [layer.digest, layer])).values()];
  const facts = new Map(
    await Promise.all(
      unique.map(async (layer) => [layer.digest, await factsOf(context, layer, layers)] as const),
    ),
  );
  return layered(layers.layers.flatMap(({ digest }) => facts.get(digest) ?? []));
}

async function factsOf(context: Context, layer: Descriptor, from: Layers): Promise<LayerFacts> {
  const { attachments, image } = from;
  const remote = () => readLayer(layer, attachments.blob(image, layer), 'the registry');
  if (from.fromRegistry === true) return remote();
  const name = `${digestHex(layer.digest)}-${edition}${sealedEnding}`;
  const file = join(context.cache, 'evidence', 'layers', name);
  const damaged = () => tellDamage(context.emit, 'what is known of a layer', file, 'evidence');
  const known = await readSealed(file, damaged);
  if (known !== undefined) return known as LayerFacts;
  const local = createReadStream(new Store(context).path(layer.digest), { highWaterMark: 1 << 20 });
  const facts = await readLayer(layer, local, 'the cache').catch((error: unknown) => {
    // Another build may have it no more, or the disk lost bytes: the registry has it by now.
    if (error instanceof AlteredLayer) return remote();
    throw error;
  });
  await writeSealed(file, facts);
  return facts;
}
