import type { Attachments, Digest, Referrer } from '../core/handover.ts';
import { limits } from '../core/limits.ts';
import { digestOf } from '../oci/digest.ts';
import { parseManifest } from '../oci/manifest.ts';
import { type Envelope, readBundle } from './signing/envelope.ts';

/** An attached bundle, or why there is none that can be read. */
export type FetchedBundle =
  | {
      readonly kind: 'bundle';
      readonly subject: Digest | undefined;
      readonly content: Uint8Array;
      readonly envelope: Envelope;
    }
  | { readonly kind: 'broken'; readonly why: string };

/** Fetches what a referrer is: manifest and bundle, each compared with its digest. */
export async function fetchBundle(
  attachments: Attachments,
  image: string,
  { digest }: Referrer,
): Promise<FetchedBundle> {
  const broken = (why: string): FetchedBundle => ({ kind: 'broken', why });
  const bytes = await attachments.manifest(image, digest);
  if (bytes === undefined) return broken('its manifest is not in the registry');
  try {
    const { layers, subject } = parseManifest(bytes);
    const [layer] = layers;
    if (layer === undefined) return broken('its manifest has no bundle');
    if (layer.size > limits.evidence.bundle.most) return broken(`its bundle has ${layer.size} bytes`);
    const pieces: Uint8Array[] = [];
    for await (const piece of attachments.blob(image, layer)) pieces.push(piece);
    const content = Buffer.concat(pieces);
    if (digestOf(content) !== layer.digest) return broken('its bytes are not those that its digest names');
    return { kind: 'bundle', subject: subject?.digest, content, envelope: await readBundle(content) };
  } catch (error) {
    if (error instanceof TypeError) return broken(error.message);
    throw error;
  }
}
