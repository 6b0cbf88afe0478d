import { z } from 'zod';
import { StepFailed } from '../core/failure.ts';
import type { Descriptor, Digest, Referrer, StoredBlob } from '../core/handover.ts';
import { limits } from '../core/limits.ts';
import { digestHex, digestOf, isDigest } from '../oci/digest.ts';
import { canonicalJson, readDocument } from '../oci/json.ts';
import { manifestOf } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import type { Store } from '../oci/store.ts';
import type { Client } from './client.ts';
import { getManifest, headManifest, listReferrers, putManifest, type Repository } from './requests.ts';
import { createTransfer } from './transfer.ts';

/** What is attached to an image. */
export interface Artifact {
  /** `application/vnd.cyclonedx+json`, `application/vnd.dev.sigstore.bundle.v0.3+json`, … */
  readonly artifactType: string;
  /** The manifest it is about, in the same repository. */
  readonly subject: Descriptor;
  readonly blobs: readonly StoredBlob[];
  readonly annotations?: Readonly<Record<string, string>>;
}

const referrer = z.object({
  mediaType: z.string(),
  digest: z.custom<Digest>((value) => typeof value === 'string' && isDigest(value), 'no sha256 digest'),
  size: z.int().nonnegative(),
  artifactType: z.string().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
const list = z.object({ schemaVersion: z.literal(2), manifests: z.array(referrer) });

const mostPages = limits.registry.pages.most;

/**
 * What refers to a manifest, with one artifact type or any (distribution spec 1.1, "Listing Referrers"); from the
 * fallback tag where the registry has no list of its own. Throws StepFailed or UserMistake.
 */
export async function referrersOf(
  client: Client,
  repository: Repository,
  subject: Digest,
  artifactType?: string,
): Promise<readonly Referrer[]> {
  const filter = artifactType === undefined ? {} : { artifactType };
  let page = await client.send(listReferrers(repository, subject, filter));
  const found: Referrer[] = [];
  if (page === undefined) found.push(...(await presentOf(client, repository, subject)));
  for (let pages = 1; page !== undefined; pages += 1) {
    found.push(...readList(repository, page.index));
    if (page.next === undefined || pages === mostPages) break;
    page = await client.send(listReferrers(repository, subject, { target: page.next }));
  }
  // Registries may leave the filtering to whoever asks.
  return artifactType === undefined ? found : found.filter((one) => one.artifactType === artifactType);
}

/**
 * Attaches an artifact to a manifest and returns the artifact's own descriptor; attaching the same again changes
 * nothing. Where the registry does not list referrers itself, the fallback tag is brought up to date; that is a
 * read and a write, so of two at the very same time one may be lost there (as the specification warns).
 */
export async function attachArtifact(
  client: Client,
  repository: Repository,
  artifact: Artifact,
  store: Store,
): Promise<Referrer> {
  const { artifactType, subject, annotations } = artifact;
  const transfer = createTransfer(client);
  // Artifacts without a configuration have this one (OCI image spec 1.1, manifest.md, "Empty Descriptor").
  const config = await store.put(Buffer.from('{}'), mediaTypes.empty);
  const blobs = artifact.blobs.length === 0 ? [config] : artifact.blobs;
  await Promise.all([...new Set([config, ...blobs])].map((blob) => transfer.ensure(repository, blob)));
  const bytes = canonicalJson(
    manifestOf({
      artifactType,
      config: config.descriptor,
      layers: blobs.map(({ descriptor }) => descriptor),
      subject,
      ...(annotations === undefined ? {} : { annotations }),
    }),
  );
  const descriptor = { mediaType: mediaTypes.manifest, digest: digestOf(bytes), size: bytes.byteLength };
  const body = { kind: 'bytes', bytes } as const;
  const { subjectKnown } = await client.send(
    putManifest(repository, descriptor.digest, { descriptor, body }),
  );
  const entry: Referrer = {
    ...descriptor,
    artifactType,
    ...(annotations === undefined ? {} : { annotations }),
  };
  if (!subjectKnown) await addToFallback(client, repository, subject.digest, entry);
  return entry;
}

/** Of what the fallback tag names, what is there: a registry that lost a manifest leaves the tag as it is. */
async function presentOf(
  client: Client,
  repository: Repository,
  subject: Digest,
): Promise<readonly Referrer[]> {
  const named = await fallbackList(client, repository, subject);
  const heads = await Promise.all(named.map(({ digest }) => client.send(headManifest(repository, digest))));
  return named.filter((_, index) => heads[index] !== undefined);
}

async function addToFallback(
  client: Client,
  repository: Repository,
  subject: Digest,
  entry: Referrer,
): Promise<void> {
  const known = await fallbackList(client, repository, subject);
  if (known.some(({ digest }) => digest === entry.digest)) return;
  const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [...known, entry] };
  const bytes = canonicalJson(index);
  const descriptor = { mediaType: mediaTypes.index, digest: digestOf(bytes), size: bytes.byteLength };
  const body = { kind: 'bytes', bytes } as const;
  await client.send(putManifest(repository, fallbackTag(subject), { descriptor, body }));
}

async function fallbackList(
  client: Client,
  repository: Repository,
  subject: Digest,
): Promise<readonly Referrer[]> {
  const body = await client.send(getManifest(repository, fallbackTag(subject), { optional: true }));
  return body === undefined ? [] : readList(repository, body.bytes);
}

/** Distribution spec 1.1, "Referrers Tag Schema". */
function fallbackTag(subject: Digest): string {
  return `sha256-${digestHex(subject)}`;
}

function readList(repository: Repository, bytes: Uint8Array): readonly Referrer[] {
  try {
    return readDocument(bytes, list, 'list of referrers').manifests as readonly Referrer[];
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new StepFailed({ what: `${repository.reference}: ${error.message}` }, { cause: error });
  }
}
