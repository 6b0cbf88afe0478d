import { z } from 'zod';
import type { Digest } from '../core/handover.ts';
import { isDigest } from './digest.ts';
import { readDocument } from './json.ts';

/** How a container of the image starts (OCI image spec 1.1, config.md). */
export interface ExecutionConfiguration {
  /** `uid:gid`. */
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  /** `NAME=value`. */
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
}

/** One step of how the image came to be; those without `empty_layer` go with the layers in their order. */
export interface History {
  readonly created?: string;
  readonly created_by?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

/** An image configuration (OCI image spec 1.1, config.md). */
export interface ImageConfiguration {
  /** RFC 3339. */
  readonly created?: string;
  readonly architecture: string;
  readonly os: string;
  readonly config?: ExecutionConfiguration;
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly Digest[] };
  readonly history?: readonly History[];
}

const texts = z.record(z.string(), z.string());
const schema = z.object({
  created: z.string().optional(),
  architecture: z.string(),
  os: z.string(),
  config: z
    .object({
      User: z.string().optional(),
      ExposedPorts: z.record(z.string(), z.object({})).optional(),
      Env: z.array(z.string()).optional(),
      Entrypoint: z.array(z.string()).optional(),
      Cmd: z.array(z.string()).optional(),
      WorkingDir: z.string().optional(),
      Labels: texts.optional(),
      StopSignal: z.string().optional(),
    })
    .optional(),
  rootfs: z.object({
    type: z.literal('layers'),
    diff_ids: z.array(
      z.custom<Digest>((value) => typeof value === 'string' && isDigest(value), 'no sha256 digest'),
    ),
  }),
  history: z
    .array(
      z.object({
        created: z.string().optional(),
        created_by: z.string().optional(),
        comment: z.string().optional(),
        empty_layer: z.boolean().optional(),
      }),
    )
    .optional(),
});

/** Reads an image configuration; what is null in it counts as absent. Throws TypeError with all that is wrong. */
export function parseImageConfiguration(bytes: Uint8Array): ImageConfiguration {
  return readDocument(bytes, schema, 'image configuration') as ImageConfiguration;
}
