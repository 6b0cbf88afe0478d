import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Digest } from '../../core/handover.ts';
import { writeAtomically } from '../../oci/write-atomically.ts';
import type { Ground } from './content.ts';

const digest = z.custom<Digest>((value) => typeof value === 'string' && /^sha256:[0-9a-f]{64}$/u.test(value));

const schema = z.object({
  blob: z.object({ mediaType: z.string(), digest, size: z.number() }),
  diffId: digest,
  ground: z.object({
    folders: z.record(z.string(), z.tuple([z.number(), z.number(), z.number()]).readonly()),
    links: z.array(z.string()),
  }),
  libraries: z.array(z.string()),
});

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

/** The record in a file, or undefined where there is none or it can't be read: the layer is made again then. */
export async function readLayerRecord(path: string): Promise<LayerRecord | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Keeps a record in a file. */
export async function writeLayerRecord(path: string, record: LayerRecord): Promise<void> {
  await writeAtomically(path, JSON.stringify(record));
}
