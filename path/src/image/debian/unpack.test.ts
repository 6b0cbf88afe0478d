import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeClock } from '../../effects/node/clock.ts';
import { nodeProcesses } from '../../effects/node/processes.ts';
import { decompress } from './decompress.ts';
import { makeAr, makeDeb, makeTar, type TestEntry } from './test-mirror.ts';
import { unpack } from './unpack.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptp-unpack-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const context = (withXz = true) => ({
  emit: () => {},
  clock: nodeClock,
  processes: {
    ...nodeProcesses,
    find: async (name: string) => (withXz ? nodeProcesses.find(name) : undefined),
  },
  cache: folder,
  signal: new AbortController().signal,
});

async function unpacked(deb: Buffer, keep: (path: string) => boolean = () => true) {
  const path = join(folder, 'package.deb');
  await writeFile(path, deb);
  return unpack(context(), { name: 'a', path }, folder, keep);
}

test('files of every size keep their bytes, long names and links included', async () => {
  const large = Buffer.alloc(200_001, 'abcdefg');
  const long = `./usr/share/${'x'.repeat(150)}/${'y'.repeat(120)}`;
  const { control, entries } = await unpacked(
    await makeDeb({
      name: 'a',
      entries: {
        './': { type: 'directory' },
        './usr/': { type: 'directory' },
        './usr/small': 'small',
        './usr/first': large,
        [long]: Buffer.concat([Buffer.from('!'), large]),
        './usr/last': large,
        './usr/link': { type: 'symlink', linkname: '/etc/x' },
        './usr/hard': { type: 'link', linkname: './usr/small' },
      },
    }),
  );
  expect(control).toMatch(/^Package: a\n/u);
  const read = await Promise.all(
    entries.map(async (entry) => {
      if (entry.kind === 'folder') return [entry.path, 'folder'];
      if (entry.kind !== 'file') return [entry.path, entry.target];
      const content = entry.content();
      const streamed = content instanceof Uint8Array ? content : Buffer.concat(await content.toArray());
      expect(Buffer.compare(streamed, await entry.at(0, entry.size + 10))).toBe(0);
      return [entry.path, streamed.toString().slice(0, 9), streamed.length];
    }),
  );
  expect(read).toEqual([
    ['usr', 'folder'],
    ['usr/small', 'small', 5],
    ['usr/first', 'abcdefgab', 200_001],
    [long.slice(2), '!abcdefga', 200_002],
    ['usr/last', 'abcdefgab', 200_001],
    ['usr/link', '/etc/x'],
    ['usr/hard', 'usr/small'],
  ]);
});

test('only what is wanted is kept', async () => {
  const deb = await makeDeb({ name: 'a', entries: { './a': 'a', './b': Buffer.alloc(100_000) } });
  expect((await unpacked(deb, (path) => path === 'a')).entries.map(({ path }) => path)).toEqual(['a']);
});

test.each<[string, Record<string, TestEntry>, RegExp]>([
  ['a path that leaves the package', { './usr/../../etc/passwd': 'x' }, /leaves the package/u],
  ['an absolute path', { '/etc/passwd': 'x' }, /is no path in a package/u],
  [
    'a link that climbs out',
    { './usr/a': { type: 'symlink', linkname: '../../etc' } },
    /leaves the package/u,
  ],
  [
    'an absolute link that climbs out',
    { './usr/a': { type: 'symlink', linkname: '/../etc' } },
    /leaves the package/u,
  ],
  [
    'a hard link that climbs out',
    { './usr/a': { type: 'link', linkname: '../etc/passwd' } },
    /leaves the package/u,
  ],
  ['a device', { './dev/sda': { type: 'block-device' } }, /is a device/u],
  ['a pipe', { './run/pipe': { type: 'fifo' } }, /is a pipe/u],
])('%s is refused, wanted or not', async (_what, entries, message) => {
  const deb = await makeDeb({
    name: 'a',
    entries: { './before': Buffer.alloc(300_000), ...entries, './z': Buffer.alloc(300_000) },
  });
  await expect(unpacked(deb, () => false)).rejects.toThrow(message);
});

test.each<[string, Buffer, RegExp]>([
  ['a file that is no archive', Buffer.from('hello, this is no archive at all'), /no ar archive/u],
  ['an archive that is no package', makeAr({ hello: Buffer.from('x') }), /no Debian package/u],
  [
    'a package without data',
    makeAr({ 'debian-binary': Buffer.from('2.0\n'), 'control.tar.gz': gzipSync('') }),
    /has no data.tar/u,
  ],
  [
    'a package with a strange compression',
    makeAr({
      'debian-binary': Buffer.from('2.0\n'),
      'control.tar.lzma': Buffer.from('x'),
      'data.tar': Buffer.from(''),
    }),
    /unknown way/u,
  ],
  [
    'more members than a package has',
    makeAr(Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`m${at}`, Buffer.from('')]))),
    /more than 16/u,
  ],
  [
    'a member that is longer than the file',
    makeAr({ 'debian-binary': Buffer.alloc(99) }).subarray(0, 120),
    /cut off in debian-binary/u,
  ],
  [
    'data that is damaged',
    makeAr({
      'debian-binary': Buffer.from('2.0\n'),
      'control.tar.gz': Buffer.from('no gzip'),
      'data.tar': Buffer.from(''),
    }),
    /control\.tar\.gz can't be unpacked/u,
  ],
])('%s is refused', async (_what, deb, message) => {
  await expect(unpacked(deb)).rejects.toThrow(message);
});

test('zstd packages are read, and so are uncompressed ones', async () => {
  const control = zstdCompressSync(await makeTar({ './control': 'Package: z\n' }));
  const data = await makeTar({ './z': 'zstd' });
  const members = { 'debian-binary': Buffer.from('2.0\n'), 'control.tar.zst': control };
  expect(
    (await unpacked(makeAr({ ...members, 'data.tar.zst': zstdCompressSync(data) }))).entries,
  ).toHaveLength(1);
  expect((await unpacked(makeAr({ ...members, 'data.tar': data }))).control).toBe('Package: z\n');
});

// `printf 'hello xz' | xz`, so that the library is tested where there is no xz
const helloXz = '/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAHaGVsbG8geHoAho+bS0kI4KQAASAIuxnZux+2830BAAAAAARZWg==';

test('xz is unpacked by the library', async () => {
  const path = join(folder, 'small');
  await writeFile(path, Buffer.from(helloXz, 'base64'));
  const result = await decompress(context(), { path, name: 'small.xz', limit: 100 }, folder);
  expect(await readFile(result, 'utf8')).toBe('hello xz');
});

test('what unpacks to more than its limit is refused', async () => {
  const path = join(folder, 'bomb');
  await writeFile(path, gzipSync(Buffer.alloc(1_000_000)));
  await expect(decompress(context(), { path, name: 'bomb.gz', limit: 1000 }, folder)).rejects.toThrow(
    'more than 1000 bytes',
  );
  await writeFile(path, Buffer.from(helloXz, 'base64'));
  await expect(decompress(context(), { path, name: 'bomb.xz', limit: 5 }, folder)).rejects.toThrow(
    'more than 5 bytes',
  );
});

const xz = await nodeProcesses.find('xz');

test.skipIf(xz === undefined)(
  'large xz files are unpacked by the machine’s xz to the same bytes as by the library',
  async () => {
    const content = Buffer.alloc(400_000);
    for (let at = 0; at < content.length; at += 4) content.writeUInt32LE((at * 2654435761) % 2 ** 32, at);
    const plain = join(folder, 'large');
    await writeFile(plain, content);
    await nodeProcesses.run({ program: xz ?? '', args: ['--keep', plain] });
    const file = { path: `${plain}.xz`, name: 'large.xz', limit: content.length };
    for (const withXz of [true, false]) {
      const scratch = await mkdtemp(join(folder, 'scratch-'));
      const result = await decompress(context(withXz), file, scratch);
      expect(Buffer.compare(await readFile(result), content)).toBe(0);
      const other = await mkdtemp(join(folder, 'scratch-'));
      await expect(decompress(context(withXz), { ...file, limit: 399_999 }, other)).rejects.toThrow(
        'more than 399999',
      );
    }
  },
);
