import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { expect, test } from 'vitest';
import { compareImages, compareLayouts, differenceText, filesOf } from './compare-images.ts';
import { digestOf } from './digest.ts';
import { canonicalJson } from './json.ts';
import { writeLayoutFolder } from './layout.ts';
import { manifestOf } from './manifest.ts';
import { mediaTypes } from './media-types.ts';
import { Store } from './store.ts';

const newFolder = () => mkdtempSync(join(tmpdir(), 'compare-'));
interface Entry {
  readonly header: Partial<Header> & { readonly name: string };
  readonly content?: string;
}
const common = { mtime: new Date(0), uid: 0, gid: 0 };
const file = (name: string, content: string, mode = 0o644): Entry => ({
  header: { ...common, name, mode, type: 'file' },
  content,
});
const link = (name: string, linkname: string): Entry => ({
  header: { ...common, name, mode: 0o777, type: 'symlink', linkname },
});
const ways = {
  zstd: { mediaType: mediaTypes.layerZstd, compress: (tar: Uint8Array) => zstdCompressSync(tar) },
  gzip: { mediaType: mediaTypes.layerGzip, compress: (tar: Uint8Array) => gzipSync(tar) },
  none: { mediaType: mediaTypes.layer, compress: (tar: Uint8Array) => tar },
};

async function writeLayer(store: Store, entries: readonly Entry[], way: keyof typeof ways) {
  const archive = pack();
  for (const { header, content } of entries) archive.entry(header, content ?? '');
  archive.finalize();
  const tar = await buffer(archive);
  const { mediaType, compress } = ways[way];
  return { blob: await store.put(compress(tar), mediaType), diffId: digestOf(tar) };
}

interface Given {
  readonly layers?: readonly (readonly Entry[])[];
  readonly compression?: keyof typeof ways;
  readonly user?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

const base = [file('bin/node', 'x'.repeat(300_000))];
const app = [file('app/a.js', 'one'), file('app/b.js', `${'b'.repeat(200_000)}!`), link('app/c', 'a.js')];

async function image({ layers = [base, app], compression = 'zstd', user = '1:1', annotations }: Given = {}) {
  const store = new Store({ cache: newFolder(), emit: () => {} });
  const made = [];
  for (const entries of layers) made.push(await writeLayer(store, entries, compression));
  const configuration = {
    architecture: 'amd64',
    os: 'linux',
    config: { User: user, Env: ['A=1', 'B=2'] },
    rootfs: { type: 'layers', diff_ids: made.map(({ diffId }) => diffId) },
    history: made.map((_, index) => ({ created_by: ['base', 'application'][index] ?? 'more' })),
  };
  const config = await store.put(canonicalJson(configuration), mediaTypes.config);
  const blobs = made.map(({ blob }) => blob);
  const manifest = await store.put(
    canonicalJson(
      manifestOf({
        config: config.descriptor,
        layers: blobs.map(({ descriptor }) => descriptor),
        ...(annotations === undefined ? {} : { annotations }),
      }),
    ),
    mediaTypes.manifest,
  );
  return { name: 'app', manifest, config, layers: blobs, entrypoint: [] };
}

/** The line that says where the image of `given` differs from the usual one. */
async function said(given: Given): Promise<string | undefined> {
  const found = await compareImages(filesOf(await image()), filesOf(await image(given)));
  return found === undefined ? undefined : differenceText(found);
}

const [a, b, c] = app as [Entry, Entry, Entry];
const layer = 'layer 2 (application)';
const rights = '0:0 3 bytes 1970-01-01T00:00:00.000Z';
test.each<[string, Given, string]>([
  [
    'a byte deep in a file',
    { layers: [base, [a, file('app/b.js', `${'b'.repeat(200_000)}?`), c]] },
    `${layer}, app/b.js, byte 200000: "!" ≠ "?"`,
  ],
  [
    'a file of another size',
    { layers: [base, [file('app/a.js', 'ones'), b, c]] },
    `${layer}, app/a.js: file 644 ${rights} ≠ file 644 ${rights.replace('3', '4')}`,
  ],
  [
    'the rights of a file',
    { layers: [base, [file('app/a.js', 'one', 0o755), b, c]] },
    `${layer}, app/a.js: file 644 ${rights} ≠ file 755 ${rights}`,
  ],
  ['a file more', { layers: [base, [a, file('app/aa', ''), b, c]] }, `${layer}, app/aa: not there ≠ there`],
  ['a file less', { layers: [base, [b, c]] }, `${layer}, app/a.js: there ≠ not there`],
  ['a last file less', { layers: [base, [a, b]] }, `${layer}, app/c: there ≠ not there`],
  [
    'where a link leads',
    { layers: [base, [a, b, link('app/c', 'b.js')]] },
    `${layer}, app/c: symlink 777 0:0 0 bytes 1970-01-01T00:00:00.000Z -> a.js ≠ symlink 777 0:0 0 bytes 1970-01-01T00:00:00.000Z -> b.js`,
  ],
  ['a lower layer first', { layers: [[], []] }, 'layer 1 (base), bin/node: there ≠ not there'],
  ['a layer less', { layers: [base] }, 'number of layers: 2 ≠ 1'],
  ['the configuration', { user: '2:2' }, 'configuration, config.User: "1:1" ≠ "2:2"'],
  ['the manifest', { annotations: { x: 'y' } }, 'manifest, annotations: nothing ≠ {"x":"y"}'],
])('%s is named', async (_, given, expected) => {
  expect(await said(given)).toBe(expected);
});

test('the same content compressed in another way is told apart from other content', async () => {
  expect(await said({ compression: 'gzip' })).toBe(
    `layer 1 (base), the same archive, compressed in another way: ${mediaTypes.layerZstd} ≠ ${mediaTypes.layerGzip}`,
  );
});

test('layouts are compared by the names of their images', async () => {
  const [one, other] = [newFolder(), newFolder()];
  const named = async (name: string, given: Given = {}) => ({ ...(await image(given)), name });
  await writeLayoutFolder([await named('same'), await named('other'), await named('only')], one);
  await writeLayoutFolder([await named('same'), await named('other', { user: '2:2' })], other);
  const found = [...(await compareLayouts(one, other))].map(
    ([name, what]) => `${name}: ${differenceText(what)}`,
  );
  expect(found).toEqual([
    'only: image: there ≠ not there',
    'other: configuration, config.User: "1:1" ≠ "2:2"',
  ]);
  expect(await compareLayouts(one, one)).toEqual(new Map());
});
