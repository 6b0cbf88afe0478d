import type { Emit } from '../../core/event.ts';
import type { Digest } from '../../core/handover.ts';
import { tellDamage } from '../../oci/damage.ts';
import { readSealed, writeSealed } from '../../oci/sealed.ts';
import type { Ground } from './content.ts';

/** A layer that was made, and what the layers above it must know of it. */
export interface LayerRecord {
  readonly blob: { readonly mediaType: string; readonly digest: Digest; readonly size: number };
  readonly diffId: Digest;
  readonly ground: Ground;
  /** The names of the libraries in it and below it. */
  readonly libraries: readonly string[];
}

/** Below the first layer is nothing. */
export const nothingBelow: Pick<LayerRecord, 'ground' | 'libraries'> = {
  ground: { folders: {}, links: [] },
  libraries: [],
};

/** The record in a file, or undefined where there is none or it is damaged (told of): the layer is made again then. */
export async function readLayerRecord(file: string, emit: Emit): Promise<LayerRecord | undefined> {
  const damaged = () => tellDamage(emit, 'the record of a layer of Debian packages', file);
  return (await readSealed(file, damaged)) as LayerRecord | undefined;
}

/** Keeps a record in a file. */
export async function writeLayerRecord(file: string, record: LayerRecord): Promise<void> {
  await writeSealed(file, record);
}
