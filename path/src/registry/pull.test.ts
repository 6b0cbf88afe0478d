import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StepFailed, UserMistake } from '../core/failure.ts';
import type { BuiltImage, Digest } from '../core/handover.ts';
import { digestOf } from '../oci/digest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { pullImage } from './pull.ts';
import { publishImages } from './step.ts';
import { type FakeRegistry, startFakeRegistry } from './testing/fake-registry.ts';
import { createWorld, noise, type World } from './testing/world.ts';

let there: World;
let here: World;
let fake: FakeRegistry;

beforeEach(async () => {
  [there, here, fake] = await Promise.all([createWorld(), createWorld(), startFakeRegistry()]);
  vi.stubEnv('DOCKER_CONFIG', here.folder);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await fake.close();
  await Promise.all([there.remove(), here.remove()]);
});

const name = () => new URL(fake.url).host;
const publish = (image: BuiltImage) =>
  publishImages(there.context, { url: fake.url, name: name(), prefix: 'hello' }, [image], { tags: ['v1'] });
const pull = (reference: string, architecture?: string) =>
  pullImage(here.context, `${name()}/hello/${reference}`, {
    store: here.store,
    ...(architecture === undefined ? {} : { architecture }),
  });

const putIndex = (entries: readonly object[], repository = 'hello/web') => {
  const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: entries };
  const bytes = Buffer.from(JSON.stringify(index));
  fake.manifests.get(repository)?.set('all', { type: mediaTypes.index, bytes });
};

test('by tag and by digest the same image comes back, and a second time by digest nobody is asked', async () => {
  const layer = noise(1_000_000);
  const image = await there.image('web', layer, 'two', layer);
  await publish(image);
  const byTag = await pull('web:v1');
  expect(byTag.manifest.descriptor).toEqual(image.manifest.descriptor);
  expect(byTag.layers.map(({ descriptor }) => descriptor)).toEqual(
    image.layers.map(({ descriptor }) => descriptor),
  );
  expect((await readFile(byTag.layers[2]?.path ?? '')).equals(layer)).toBe(true);
  fake.got.length = 0;
  const byDigest = await pull(`web@${image.manifest.descriptor.digest}`);
  expect(byDigest).toEqual(byTag);
  expect(fake.got).toHaveLength(0);
  expect(await pull('web:v1')).toEqual(byTag);
  expect(fake.lines()).toEqual(['GET /v2/hello/web/manifests/v1']);
  // A manifest that the disk lost is fetched again.
  await writeFile(byTag.manifest.path, 'damaged');
  fake.got.length = 0;
  expect(await pull(`web@${image.manifest.descriptor.digest}`)).toEqual(byTag);
  expect(fake.got).toHaveLength(1);
});

test('of an index the image for the machine is chosen', async () => {
  const image = await there.image('web', 'one');
  await publish(image);
  const wrong = { ...image.manifest.descriptor, digest: `sha256:${'0'.repeat(64)}` };
  putIndex([
    { ...wrong, platform: { os: 'windows', architecture: 'arm64' } },
    { ...wrong, platform: { os: 'linux', architecture: 'amd64' } },
    { ...image.manifest.descriptor, platform: { os: 'linux', architecture: 'arm64' } },
    { ...wrong, platform: { os: 'unknown', architecture: 'unknown' } },
  ]);
  expect((await pull('web:all', 'arm64')).manifest.descriptor.digest).toBe(image.manifest.descriptor.digest);
  const missing = pull('web:all', 'riscv64');
  await expect(missing).rejects.toThrow(UserMistake);
  await expect(missing).rejects.toMatchObject({
    problems: [{ next: expect.stringContaining('windows/arm64, linux/amd64, linux/arm64.') }],
  });
});

test('a connection that breaks again and again is taken up where it broke', async () => {
  const layer = noise(900_000);
  const image = await there.image('web', layer);
  await publish(image);
  const digest = image.layers[0]?.descriptor.digest;
  const ranges: (string | undefined)[] = [];
  fake.fault = ({ method, url, headers }, response) => {
    if (method !== 'GET' || !url.endsWith(`/blobs/${digest}`) || ranges.length === 3) return false;
    ranges.push(headers.range);
    const start = Number(/\d+/.exec(headers.range ?? '')?.[0] ?? 0);
    const total = layer.byteLength;
    response.writeHead(start === 0 ? 200 : 206, {
      'content-length': total - start,
      'content-range': `bytes ${start}-${total - 1}/${total}`,
    });
    response.write(layer.subarray(start, start + 200_000), () => response.destroy());
    return true;
  };
  const pulled = await pull('web:v1');
  expect((await readFile(pulled.layers[0]?.path ?? '')).equals(layer)).toBe(true);
  expect(ranges[0]).toBeUndefined();
  expect(ranges[1]).toMatch(/^bytes=[1-9]\d*-$/);
});

test('a server that begins at the beginning in spite of Range is borne with', async () => {
  const layer = noise(500_000);
  const image = await there.image('web', layer);
  await publish(image);
  let asked = 0;
  fake.fault = ({ method, url }, response) => {
    if (method !== 'GET' || !url.endsWith(`/blobs/${image.layers[0]?.descriptor.digest}`)) return false;
    asked += 1;
    response.writeHead(200, { 'content-length': layer.byteLength });
    if (asked === 1) response.write(layer.subarray(0, 200_000), () => response.destroy());
    else response.end(layer);
    return true;
  };
  const pulled = await pull('web:v1');
  expect((await readFile(pulled.layers[0]?.path ?? '')).equals(layer)).toBe(true);
});

test.each([
  ['other bytes', (layer: Buffer) => layer.fill(0), /gave other bytes than those of sha256/],
  ['more bytes', (layer: Buffer) => Buffer.concat([layer, layer]), /other bytes than/],
  ['fewer bytes', (layer: Buffer) => layer.subarray(5), /fewer bytes|answered 416|should be/],
])('%s than the digest says are not taken', async (_, alter, message) => {
  const image = await there.image('web', noise(1000));
  await publish(image);
  const digest: Digest = image.layers[0]?.descriptor.digest ?? digestOf('');
  const blobs = fake.blobs.get('hello/web');
  blobs?.set(digest, alter(Buffer.from(blobs.get(digest) ?? '')));
  await expect(pull('web:v1')).rejects.toThrow(message);
  expect(await here.store.has({ digest, size: 1000 })).toBe(false);
});

test('another manifest than the digest names is not taken', async () => {
  const image = await there.image('web', 'one');
  await publish(image);
  const { digest } = image.manifest.descriptor;
  fake.manifests.get('hello/web')?.set(digest, { type: mediaTypes.manifest, bytes: Buffer.from('{}') });
  await expect(pull(`web@${digest}`)).rejects.toThrow(StepFailed);
});

test('an image that is not there is told with its reference', async () => {
  const missing = pull('nothing:v9');
  await expect(missing).rejects.toThrow(`${name()}/hello/nothing`);
  await expect(missing).rejects.toThrow('MANIFEST_UNKNOWN');
});

test('a document that is no manifest is told as that', async () => {
  fake.manifests.set('hello/web', new Map([['v1', { type: 'text/html', bytes: Buffer.from('<html>') }]]));
  await expect(pull('web:v1')).rejects.toThrow(/web:v1: the image manifest is no JSON/);
});
