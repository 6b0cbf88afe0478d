import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, pipeline } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { BuiltImage, Descriptor, Digest } from '../core/handover.ts';
import { compareArchives, type EntryDifference, firstDifference } from './compare-entries.ts';
import { digestHex } from './digest.ts';
import { type ImageConfiguration, parseImageConfiguration } from './image-configuration.ts';
import { type Manifest, parseIndex, parseManifest } from './manifest.ts';
import { mediaTypes, ociMediaType } from './media-types.ts';

/** An image whose documents and layers are files, each found by its digest. */
export interface ImageFiles {
  readonly manifest: Digest;
  path(digest: Digest): string;
}

/** Where two images differ first. */
export interface ImageDifference extends EntryDifference {
  /** `layer 2 (ptp: application)`, `configuration`, `manifest`, `number of layers`. */
  readonly part: string;
}

/** The files of an image that was built here. */
export function filesOf(image: BuiltImage): ImageFiles {
  const all = [image.manifest, image.config, ...image.layers];
  const paths = new Map(all.map(({ descriptor, path }) => [descriptor.digest, path]));
  return { manifest: image.manifest.descriptor.digest, path: (digest) => paths.get(digest) ?? digest };
}

/** The images of an OCI image layout by the name that its index gives them. Throws TypeError where it is none. */
export async function layoutImages(folder: string): Promise<ReadonlyMap<string, ImageFiles>> {
  const index = parseIndex(await readFile(join(folder, 'index.json')));
  const path = (digest: Digest) => join(folder, 'blobs/sha256', digestHex(digest));
  const name = ({ digest, annotations }: Descriptor) =>
    annotations?.['org.opencontainers.image.ref.name'] ?? digest;
  return new Map(index.manifests.map((one) => [name(one), { manifest: one.digest, path }]));
}

/** Where two layouts differ first, image by image, by name; those that only one has among them. */
export async function compareLayouts(
  one: string,
  other: string,
): Promise<ReadonlyMap<string, ImageDifference>> {
  const [ours, theirs] = await Promise.all([layoutImages(one), layoutImages(other)]);
  const differences = new Map<string, ImageDifference>();
  for (const name of [...new Set([...ours.keys(), ...theirs.keys()])].sort()) {
    const [a, b] = [ours.get(name), theirs.get(name)];
    const said = (files: ImageFiles | undefined) => (files === undefined ? 'not there' : 'there');
    const found =
      a === undefined || b === undefined
        ? { part: 'image', one: said(a), other: said(b) }
        : await compareImages(a, b);
    if (found !== undefined) differences.set(name, found);
  }
  return differences;
}

/** Finds where two images differ first: layers from the lowest on, then the configuration, then the manifest. */
export async function compareImages(
  one: ImageFiles,
  other: ImageFiles,
): Promise<ImageDifference | undefined> {
  if (one.manifest === other.manifest) return undefined;
  const [ours, theirs] = await Promise.all([read(one), read(other)]);
  for (const [index, layer] of ours.manifest.layers.entries()) {
    const counterpart = theirs.manifest.layers[index];
    if (counterpart === undefined || layer.digest === counterpart.digest) continue;
    const history = ours.configuration.history?.filter(({ empty_layer }) => empty_layer !== true)[index];
    const part = `layer ${index + 1}${history?.created_by === undefined ? '' : ` (${history.created_by})`}`;
    return { part, ...(await compareLayers([one, layer], [other, counterpart])) };
  }
  const [many, others] = [ours.manifest.layers.length, theirs.manifest.layers.length];
  if (many !== others) return { part: 'number of layers', one: String(many), other: String(others) };
  const configuration = compareValues(ours.configuration, theirs.configuration);
  if (configuration !== undefined) return { part: 'configuration', ...configuration };
  const manifest = compareValues(ours.manifest, theirs.manifest);
  return { part: 'manifest', ...(manifest ?? { one: one.manifest, other: other.manifest }) };
}

/** One line that says where two images differ. */
export function differenceText({ part, entry, byte, one, other }: ImageDifference): string {
  const at = [part, entry, byte === undefined ? undefined : `byte ${byte}`].filter(
    (word) => word !== undefined,
  );
  return `${at.join(', ')}: ${one} ≠ ${other}`;
}

type Layer = readonly [files: ImageFiles, layer: Descriptor];

async function compareLayers(one: Layer, other: Layer): Promise<EntryDifference> {
  const found = await compareArchives(uncompressed(...one), uncompressed(...other));
  if (found !== undefined) return found;
  // The same entries: laid out in another way, or compressed in another way.
  const archive = await firstDifference(uncompressed(...one), uncompressed(...other));
  if (archive !== undefined) {
    const { at, ...rest } = archive;
    return { entry: 'the same entries, another archive', byte: at, ...rest };
  }
  const [a, b] = await firstOfBlobs(one, other);
  return { entry: 'the same archive, compressed in another way', ...a, ...b };
}

async function firstOfBlobs([one, ours]: Layer, [other, theirs]: Layer) {
  if (ours.mediaType !== theirs.mediaType) return [{ one: ours.mediaType, other: theirs.mediaType }] as const;
  const found = await firstDifference(raw(one, ours), raw(other, theirs));
  return [{ one: ours.digest, other: theirs.digest }, found && { byte: found.at }] as const;
}

async function read(files: ImageFiles): Promise<{
  readonly manifest: Manifest;
  readonly configuration: ImageConfiguration;
}> {
  const manifest = parseManifest(await readFile(files.path(files.manifest)));
  const configuration = parseImageConfiguration(await readFile(files.path(manifest.config.digest)));
  return { manifest, configuration };
}

function raw(files: ImageFiles, { digest }: Descriptor): AsyncIterable<Uint8Array> {
  return createReadStream(files.path(digest), { highWaterMark: 1 << 18 });
}

function uncompressed(files: ImageFiles, { digest, mediaType }: Descriptor): AsyncIterable<Uint8Array> {
  const type = ociMediaType(mediaType);
  const unpack =
    type === mediaTypes.layerZstd
      ? createZstdDecompress()
      : type === mediaTypes.layerGzip
        ? createGunzip()
        : new PassThrough();
  // What fails here fails the reading of `unpack`.
  return pipeline(createReadStream(files.path(digest)), unpack, () => {});
}

/** The first place, by the order of keys, in which two JSON values differ. */
function compareValues(one: unknown, other: unknown, at = ''): EntryDifference | undefined {
  if (isRecord(one) && isRecord(other)) {
    for (const key of [...new Set([...Object.keys(one), ...Object.keys(other)])].sort()) {
      const found = compareValues(one[key], other[key], at === '' ? key : `${at}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const [a, b] = [JSON.stringify(one) ?? 'nothing', JSON.stringify(other) ?? 'nothing'];
  return a === b ? undefined : { entry: at, one: a, other: b };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
