import { z } from 'zod';
import type { Descriptor } from '../core/handover.ts';
import { isDigest } from './digest.ts';
import { readDocument } from './json.ts';
import { mediaTypes } from './media-types.ts';

/** An image manifest (OCI image spec 1.1, manifest.md). */
export interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The platform that an entry of an index runs on (image-index.md). */
export interface Platform {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
}

/** A list of manifests (OCI image spec 1.1, image-index.md). */
export interface Index {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly manifests: readonly (Descriptor & { readonly platform?: Platform })[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A manifest of what is given, with the fields that every manifest has. */
export function manifestOf(parts: Omit<Manifest, 'schemaVersion' | 'mediaType'>): Manifest {
  return { schemaVersion: 2, mediaType: mediaTypes.manifest, ...parts };
}

const annotations = z.record(z.string(), z.string()).optional();
const descriptor = z.object({
  mediaType: z.string(),
  digest: z.custom<Descriptor['digest']>(
    (value) => typeof value === 'string' && isDigest(value),
    'no sha256 digest',
  ),
  size: z.int().nonnegative(),
  annotations,
});
const platform = z.object({ architecture: z.string(), os: z.string(), variant: z.string().optional() });
const manifest = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().default(mediaTypes.manifest),
  artifactType: z.string().optional(),
  config: descriptor,
  layers: z.array(descriptor),
  subject: descriptor.optional(),
  annotations,
});
const index = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().default(mediaTypes.index),
  manifests: z.array(descriptor.extend({ platform: platform.optional() })),
  annotations,
});

/** Reads a manifest, OCI's or Docker's. Throws TypeError with everything that is wrong with it. */
export function parseManifest(bytes: Uint8Array): Manifest {
  return readDocument(bytes, manifest, 'image manifest') as Manifest;
}

/** Reads an index, OCI's or Docker's list. Throws TypeError with everything that is wrong with it. */
export function parseIndex(bytes: Uint8Array): Index {
  return readDocument(bytes, index, 'image index') as Index;
}
