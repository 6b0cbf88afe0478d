import { stat } from 'node:fs/promises';
import { StepFailed, UserMistake } from '../core/failure.ts';
import type { Descriptor, RegistryAccess, StoredBlob } from '../core/handover.ts';
import { limits } from '../core/limits.ts';
import type { Context } from '../effects/context.ts';
import { DamagedBlob } from '../oci/damage.ts';
import { isDigest } from '../oci/digest.ts';
import { type Index, type Manifest, parseIndex, parseManifest } from '../oci/manifest.ts';
import { mediaTypes, ociMediaType } from '../oci/media-types.ts';
import type { PulledImage } from '../oci/pulled-image.ts';
import { parseReference, type Reference, referenceText } from '../oci/reference.ts';
import type { Store } from '../oci/store.ts';
import { type Client, createClient } from './client.ts';
import { blobBytes } from './download-blob.ts';
import { knownPlaces } from './known-places.ts';
import { limit } from './limit.ts';
import type { Patience } from './patience.ts';
import { getManifest, type ManifestBody, type Repository } from './requests.ts';

/** What to pull, and with which rights. */
export interface PullOptions {
  readonly store: Store;
  /** Which image of an index: `amd64`, `arm64`; absent: this machine's. The system is linux. */
  readonly architecture?: string;
  /** The registry's address, where the reference's host is not it. */
  readonly url?: string;
  /** Absent: the Docker configuration file is asked. */
  readonly credentials?: NonNullable<RegistryAccess['credentials']>;
  /** Absent: the usual one. */
  readonly patience?: Patience;
}

const downloads = 4;
// The specification's limit for manifests.
const largestDocument = 4 * 1024 * 1024;
const hub = 'https://registry-1.docker.io';

/**
 * Fetches an image by tag or digest (`host/path:tag@sha256:…`) into the store, each part verified by its digest while
 * it comes; parts that the store has are not fetched, and where it has all that a digest names, nobody is asked. Throws UserMistake for a reference that is none, an image that
 * is not there or has no such platform, and for credentials; otherwise StepFailed.
 */
export async function pullImage(
  context: Context,
  reference: string,
  options: PullOptions,
): Promise<PulledImage> {
  const parsed = parseReference(reference);
  const url = options.url ?? (parsed.registry === 'docker.io' ? hub : parsed.registry);
  const { credentials } = options;
  const place = { url, ...(credentials === undefined ? {} : { credentials }) };
  const client = createClient(context, place, options.patience);
  const repository: Repository = {
    name:
      parsed.registry === 'docker.io' && !parsed.repository.includes('/')
        ? `library/${parsed.repository}`
        : parsed.repository,
    reference: `${parsed.registry}/${parsed.repository}`,
    rights: 'pull',
  };
  try {
    const { stored, manifest } = await fetchManifest(client, repository, parsed, options);
    checkMeasure(manifest, client.endpoint.host, reference);
    const inTurn = limit(downloads);
    const fetchBlob = (descriptor: Descriptor) =>
      inTurn(() => blobToStore(client, repository, descriptor, options.store));
    const layers = unique(manifest.layers);
    const fetching = [manifest.config, ...layers].map(fetchBlob);
    const [config, ...blobs] = await Promise.all(fetching).catch(async (error: unknown) => {
      // Nothing writes into the store any more when this has failed.
      await client.close();
      await Promise.allSettled(fetching);
      throw error;
    });
    if (config === undefined) throw new Error('a configuration was fetched and is not there');
    // An image that stands on this one, in the same registry, takes its layers from there.
    const places = knownPlaces(context.cache, client.endpoint.host);
    for (const { descriptor } of blobs) places.note(descriptor.digest, repository.name);
    await places.save();
    const byDigest = new Map(blobs.map((blob) => [blob.descriptor.digest, blob]));
    return {
      manifest: stored,
      config,
      layers: manifest.layers.flatMap((layer) => byDigest.get(layer.digest) ?? []),
    };
  } finally {
    await client.close();
  }
}

async function fetchManifest(
  client: Client,
  repository: Repository,
  reference: Reference,
  options: PullOptions,
): Promise<{ readonly stored: StoredBlob; readonly manifest: Manifest }> {
  const { store } = options;
  const text = referenceText(reference);
  let name: string = reference.digest ?? reference.tag ?? 'latest';
  // An index may name an index, though none in use goes deeper.
  for (let depth = 0; depth < 3; depth += 1) {
    const body = (await storedDocument(store, name)) ?? (await client.send(getManifest(repository, name)));
    const mediaType = documentType(body);
    const stored = await store.put(body.bytes, mediaType, isDigest(name) ? name : undefined);
    if (mediaType !== mediaTypes.index)
      return { stored, manifest: read(text, () => parseManifest(body.bytes)) };
    const index = read(text, () => parseIndex(body.bytes));
    name = choose(index, options.architecture ?? machine(), text).digest;
  }
  throw new StepFailed({
    what: `${text} is an index of indexes of indexes, and no image`,
    next: 'Choose another image.',
  });
}

/** Throws StepFailed where an image is beyond all measure: its manifest decides how much is fetched. */
function checkMeasure({ config, layers }: Manifest, host: string, reference: string): void {
  const { layers: mostLayers, image, answer } = limits.registry;
  const bytes = layers.reduce((sum, { size }) => sum + size, 0);
  const what =
    layers.length > mostLayers.most
      ? `${layers.length} layers, and no more than ${mostLayers.most} are taken`
      : bytes > image.most
        ? `layers of ${bytes} bytes, and no more than ${image.most} are taken`
        : config.size > answer.most
          ? `a configuration of ${config.size} bytes, and no more than ${answer.most} are taken`
          : undefined;
  if (what === undefined) return;
  throw new StepFailed({ what: `${reference} (${host}) has ${what}`, next: 'Choose another image.' });
}

/** A manifest that the store has, where it says itself what it is. */
async function storedDocument(store: Store, name: string): Promise<ManifestBody | undefined> {
  if (!isDigest(name)) return undefined;
  const found = await stat(store.path(name)).catch(() => undefined);
  if (found === undefined || found.size > largestDocument) return undefined;
  try {
    const bytes = Buffer.from(await store.read({ mediaType: '', digest: name, size: found.size }));
    return documentType({ mediaType: '', bytes }) === '' ? undefined : { mediaType: '', bytes };
  } catch (error) {
    if (error instanceof DamagedBlob) return undefined;
    throw error;
  }
}

/** The document's own word goes before the header's: proxies alter headers. */
function documentType(body: ManifestBody): string {
  let own: unknown;
  try {
    const value: unknown = JSON.parse(body.bytes.toString('utf8'));
    if (typeof value === 'object' && value !== null && 'mediaType' in value) own = value.mediaType;
  } catch {
    // Reading it as a manifest says what is wrong with it.
  }
  return ociMediaType(typeof own === 'string' ? own : body.mediaType);
}

function choose(index: Index, architecture: string, reference: string): Descriptor {
  const found = index.manifests.find(
    ({ platform }) => platform?.os === 'linux' && platform.architecture === architecture,
  );
  if (found !== undefined) return found;
  const offered = index.manifests.flatMap(({ platform }) =>
    platform === undefined || platform.os === 'unknown' ? [] : [`${platform.os}/${platform.architecture}`],
  );
  throw new UserMistake({
    what: `${reference} has no image for linux/${architecture}`,
    next: `Choose one that has; this one offers ${[...new Set(offered)].join(', ') || 'none'}.`,
  });
}

function machine(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}

async function blobToStore(
  client: Client,
  repository: Repository,
  descriptor: Descriptor,
  store: Store,
): Promise<StoredBlob> {
  const normal = { ...descriptor, mediaType: ociMediaType(descriptor.mediaType) };
  const here = await store.find(normal);
  if (here !== undefined) return here;
  let all = false;
  const bytes = async function* () {
    yield* blobBytes(client, repository, normal);
    all = true;
  };
  const { path } = await store.put(bytes(), normal.mediaType, normal.digest).catch((error: unknown) => {
    // The store knows what is wrong with the bytes, and not where they are from.
    throw all && error instanceof StepFailed ? otherBytes(client, repository, normal, error) : error;
  });
  return { descriptor: normal, path };
}

function otherBytes(
  client: Client,
  repository: Repository,
  { digest }: Descriptor,
  cause: StepFailed,
): StepFailed {
  const what = `the registry ${client.endpoint.host} gave other bytes than those of ${digest} (${repository.reference})`;
  const next =
    'Try again; if it stays so, the registry or what is before it is broken. Nothing of them was kept.';
  return new StepFailed({ what, next, details: cause.problems.map((problem) => problem.what) }, { cause });
}

function read<T>(reference: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new StepFailed(
      { what: `${reference}: ${error.message}`, next: 'Choose another image.' },
      { cause: error },
    );
  }
}

function unique(descriptors: readonly Descriptor[]): readonly Descriptor[] {
  return [...new Map(descriptors.map((descriptor) => [descriptor.digest, descriptor])).values()];
}
