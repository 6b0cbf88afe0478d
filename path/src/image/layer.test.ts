import { execFileSync } from 'node:child_process';
import { pbkdf2 } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { digestOf } from '../oci/digest.ts';
import { Store } from '../oci/store.ts';
import { type LayerEntry, writeLayer } from './layer.ts';

const newStore = () => new Store({ cache: mkdtempSync(join(tmpdir(), 'layer-')), emit: () => {} });
const owner = { uid: 0, gid: 0 };
const text = (path: string, content: string, mode = 0o644): LayerEntry => ({
  path,
  mode,
  ...owner,
  kind: 'file',
  size: Buffer.byteLength(content),
  content: () => Buffer.from(content),
});
const folder = (path: string): LayerEntry => ({ path, mode: 0o755, ...owner, kind: 'folder' });

test('a layer is an archive that tar reads, with fixed times and owners', async () => {
  const long = `app/${'long-name/'.repeat(30)}file`;
  const entries: LayerEntry[] = [
    folder('app'),
    text('app/a.js', 'hello', 0o755),
    text('app/empty', ''),
    text('app/größe 文.txt', 'umlaut'),
    { path: 'app/link', mode: 0o777, ...owner, kind: 'symlink', target: 'a.js' },
    text(long, 'deep'),
    { path: 'app/zz', mode: 0o755, ...owner, kind: 'hardlink', target: 'app/a.js' },
  ].sort((a, b) => (a.path < b.path ? -1 : 1)) as LayerEntry[];
  const { blob } = await writeLayer(newStore(), entries, { compression: 'none' });
  const listing = execFileSync(
    'tar',
    ['--utc', '--full-time', '--numeric-owner', '--quoting-style=literal', '-tvf', blob.path],
    {
      encoding: 'utf8',
    },
  );
  expect(listing).toContain('drwxr-xr-x 0/0               0 1970-01-01 00:00:00 app/\n');
  expect(listing).toContain('-rwxr-xr-x 0/0               5 1970-01-01 00:00:00 app/a.js\n');
  expect(listing).toContain('app/größe 文.txt\n');
  expect(listing).toContain('app/link -> a.js');
  expect(listing).toContain('app/zz link to app/a.js');
  expect(listing).toContain(long);
  expect(execFileSync('tar', ['-xOf', blob.path, 'app/a.js'], { encoding: 'utf8' })).toBe('hello');
});

test('the diffID is the digest of the archive, whatever its compression', async () => {
  const entries = [folder('a'), text('a/b', 'x'.repeat(100_000))];
  const plain = await writeLayer(newStore(), entries, { compression: 'none' });
  const gzip = await writeLayer(newStore(), entries, { compression: 'gzip' });
  const zstd = await writeLayer(newStore(), entries, { compression: 'zstd' });
  expect([gzip.diffId, zstd.diffId]).toEqual([plain.diffId, plain.diffId]);
  expect(plain.blob.descriptor.digest).toBe(plain.diffId);
  expect(digestOf(gunzipSync(readFileSync(gzip.blob.path)))).toBe(plain.diffId);
  expect(digestOf(zstdDecompressSync(readFileSync(zstd.blob.path)))).toBe(plain.diffId);
  expect(zstd.blob.descriptor.mediaType).toBe('application/vnd.oci.image.layer.v1.tar+zstd');
  expect(gzip.blob.descriptor.size).toBe(readFileSync(gzip.blob.path).length);
});

test('how a file arrives does not change the layer', async () => {
  const content = Buffer.alloc(300_000, 'abc');
  const streamed = (chunk: number): LayerEntry => ({
    path: 'f',
    mode: 0o644,
    ...owner,
    kind: 'file',
    size: content.length,
    content: () =>
      Readable.from(
        Array.from({ length: Math.ceil(content.length / chunk) }, (_, i) =>
          content.subarray(i * chunk, (i + 1) * chunk),
        ),
        { objectMode: false },
      ),
  });
  const digests = new Set<string>();
  for (const entry of [text('f', content.toString()), streamed(1000), streamed(77_777)]) {
    digests.add((await writeLayer(newStore(), [entry], { compression: 'zstd' })).blob.descriptor.digest);
    digests.add((await writeLayer(newStore(), [entry], { compression: 'zstd' })).blob.descriptor.digest);
  }
  expect(digests.size).toBe(1);
});

const refused: [string, LayerEntry[], RegExp][] = [
  ['unsorted', [text('b', ''), text('a', '')], /not sorted/],
  ['twice', [text('a', ''), text('a', '')], /twice/],
  ['absolute', [text('/a', '')], /absolute/],
  ['outside', [text('a/../../b', '')], /part "\.\."/],
  ['a trailing slash', [folder('a/')], /part ""/],
  ['a whiteout', [text('a/.wh.b', '')], /whiteout/],
  [
    'a hard link to nothing',
    [{ path: 'a', mode: 0o644, ...owner, kind: 'hardlink', target: 'b' }],
    /no earlier file/,
  ],
  ['an id too large', [{ ...folder('a'), uid: 1_000_000 }], /largest id/],
  [
    'a file that is shorter than said',
    [{ ...text('a', 'abc'), size: 5 } as LayerEntry],
    /a could not be put/,
  ],
  ['a file that is longer than said', [{ ...text('a', 'abc'), size: 1 } as LayerEntry], /a could not be put/],
];
test.each(refused)('a layer refuses %s', async (_, entries, message) => {
  await expect(writeLayer(newStore(), entries, { compression: 'none' })).rejects.toThrow(message);
});

test('a file that fails while it is read fails the layer and leaves no blob', async () => {
  const store = newStore();
  const entry: LayerEntry = {
    path: 'a',
    mode: 0o644,
    ...owner,
    kind: 'file',
    size: 10,
    content: () =>
      new Readable({
        read() {
          this.destroy(new Error('disk gone'));
        },
      }),
  };
  await expect(writeLayer(store, [entry], { compression: 'gzip' })).rejects.toThrow('disk gone');
});

test.each(['zstd', 'gzip'] as const)(
  '%s gives the same bytes however quickly the content comes',
  async (compression) => {
    const content = Buffer.from('some text that comes again and again. '.repeat(20_000)).subarray(
      0,
      512 * 1024,
    );
    async function* paced(piece: number, pause: () => Promise<unknown>) {
      for (let at = 0; at < content.length; at += piece) {
        yield content.subarray(at, at + piece);
        await pause();
      }
    }
    const loop = () => new Promise((resolve) => setImmediate(resolve));
    const work = () => new Promise((resolve) => pbkdf2('a', 'b', 20_000, 32, 'sha256', resolve));
    const ways: readonly (() => Readable | Uint8Array)[] = [
      () => content,
      () => Readable.from(paced(content.length, work), { objectMode: false }),
      () => Readable.from(paced(4096, loop), { objectMode: false }),
      () =>
        Readable.from(
          paced(512, async () => {}),
          { objectMode: false },
        ),
      () => Readable.from(paced(100_000, work), { objectMode: false }),
    ];
    const made = new Set<string>();
    for (const way of ways) {
      const file: LayerEntry = {
        path: 'a',
        mode: 0o644,
        ...owner,
        kind: 'file',
        size: content.length,
        content: way,
      };
      made.add((await writeLayer(newStore(), [file], { compression })).blob.descriptor.digest);
    }
    expect([...made]).toHaveLength(1);
  },
);
