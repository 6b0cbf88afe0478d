import { join } from 'node:path';
import type { Emit } from '../core/event.ts';
import { tellDamage } from '../oci/damage.ts';
import { digestOf } from '../oci/digest.ts';
import { canonicalJson } from '../oci/json.ts';
import { readSealed, sealedEnding, writeSealed } from '../oci/sealed.ts';
import type { Store } from '../oci/store.ts';
import type { Compression } from './compression.ts';
import { type Layer, type LayerEntry, writeLayer } from './layer.ts';

/** Raise it when the same inputs shall give other bytes: what earlier versions have kept is not used then. */
export const edition = 2;

/** Writes sorted entries as a layer, in the compression of this build. */
export type WriteLayer = (entries: Iterable<LayerEntry> | AsyncIterable<LayerEntry>) => Promise<Layer>;

/** Where a layer cache keeps its records, its blobs, and whom it tells of damage. */
export interface LayerCacheOptions {
  readonly store: Store;
  readonly cache: string;
  readonly emit: Emit;
  readonly compression: Compression;
}

/** Layers by what they are made of, so that equal inputs are packed once on this machine. */
export class LayerCache {
  readonly #store: Store;
  readonly #folder: string;
  readonly #emit: Emit;
  readonly #compression: Compression;
  readonly #running = new Map<string, Promise<Layer>>();

  constructor(options: LayerCacheOptions) {
    this.#store = options.store;
    this.#folder = join(options.cache, 'layers');
    this.#emit = options.emit;
    this.#compression = options.compression;
  }

  /**
   * The layer for these inputs (any JSON value): the one in the store, or the one that `make` writes, which is
   * called only then. Two callers with equal inputs share one making.
   */
  async layer(inputs: unknown, make: (write: WriteLayer) => Promise<Layer>): Promise<Layer> {
    // Compressed bytes depend on the libraries that Node.js brings, so its version belongs to the key.
    const key = keyOf([edition, process.version, this.#compression, inputs]);
    const running = this.#running.get(key) ?? this.#find(key, make);
    this.#running.set(key, running);
    return running;
  }

  async #find(key: string, make: (write: WriteLayer) => Promise<Layer>): Promise<Layer> {
    const file = join(this.#folder, key + sealedEnding);
    const damaged = () => tellDamage(this.#emit, "a layer's record", file);
    const known = (await readSealed(file, damaged)) as Known | undefined;
    const blob = known === undefined ? undefined : await this.#store.find(known.descriptor);
    if (known !== undefined && blob !== undefined) return { blob, diffId: known.diffId };
    const layer = await make((entries) =>
      writeLayer(this.#store, entries, { compression: this.#compression }),
    );
    const made: Known = { descriptor: layer.blob.descriptor, diffId: layer.diffId };
    await writeSealed(file, made);
    return layer;
  }
}

/** A short name for inputs: the sha256, in hexadecimal, of their canonical JSON. */
export function keyOf(inputs: unknown): string {
  return digestOf(canonicalJson(inputs)).slice('sha256:'.length);
}

type Known = { readonly descriptor: Layer['blob']['descriptor']; readonly diffId: Layer['diffId'] };
