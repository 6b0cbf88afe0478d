import { z } from 'zod';
import type { Attachments, PublishedImage } from '../core/handover.ts';
import { limits } from '../core/limits.ts';
import { parseManifest } from '../oci/manifest.ts';
import type { ImageFacts } from './snapshot.ts';

const configuration = z.object({
  config: z
    .object({
      User: z.string().optional(),
      Entrypoint: z.array(z.string()).nullish(),
      Cmd: z.array(z.string()).nullish(),
      Labels: z.record(z.string(), z.string()).nullish(),
    })
    .optional(),
});

/** An image as a registry has it, and what is attached to it. Throws StepFailed or UserMistake. */
export async function readImage(attachments: Attachments, image: PublishedImage): Promise<ImageFacts> {
  const { name, digest, reference, tags } = image;
  const [bytes, referrers] = await Promise.all([
    attachments.manifest(name, digest),
    attachments.list(name, digest),
  ]);
  const attached = referrers.map(
    ({ artifactType, annotations }) =>
      annotations?.['dev.sigstore.bundle.predicateType'] ?? artifactType ?? 'unknown',
  );
  const facts = { name, digest, reference, tags, attached: [...new Set(attached)].toSorted() };
  if (bytes === undefined) return facts;
  const manifest = parseManifest(bytes);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of attachments.blob(name, manifest.config)) {
    size += chunk.length;
    if (size > limits.kubernetes.record.most) throw new Error(`the configuration of ${name} is too large`);
    chunks.push(chunk);
  }
  const { config } = configuration.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  return {
    ...facts,
    found: {
      layers: manifest.layers.map((layer) => layer.size),
      ...(config?.User === undefined ? {} : { user: config.User }),
      entrypoint: [...(config?.Entrypoint ?? []), ...(config?.Cmd ?? [])],
      labels: config?.Labels ?? {},
    },
  };
}
