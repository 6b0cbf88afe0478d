import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StepFailed } from '../../core/failure.ts';
import { fuzzed, fuzzTime, processorSeconds } from '../../core/fuzz.test-support.ts';
import { limits } from '../../core/limits.ts';
import { nodeClock } from '../../effects/node/clock.ts';
import { nodeProcesses } from '../../effects/node/processes.ts';
import { LayerOrder } from '../layer-order.ts';
import { tarEntries } from '../tar/entries.ts';
import { evil } from '../tar/evil-entries.test-support.ts';
import { gnuLong, paxEntry, type RawEntry, rawEntry, tarEnd } from '../tar/raw-tar.test-support.ts';
import { completed, layOut } from './content.ts';
import { nothingBelow } from './layer-record.ts';
import { makeAr } from './test-mirror.ts';
import { type UnpackedPackage, unpack } from './unpack.ts';

const timeout = fuzzTime;

let root: string;
let folder: string;
let deb: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ptp-unpack-fuzz-'));
  folder = join(root, 'a', 'b', 'work');
  deb = join(root, 'package.deb');
  await mkdir(folder, { recursive: true });
  await writeFile(join(root, 'outside'), 'untouched');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const context = () => ({
  emit: () => {},
  clock: nodeClock,
  processes: nodeProcesses,
  cache: folder,
  signal: new AbortController().signal,
});
const everything = () => true;

const control = (tar: Buffer = rawEntry({ name: './control', body: Buffer.from('Package: odd\n') })) =>
  gzipSync(Buffer.concat([tar, tarEnd]));
const debOf = (data: Buffer, name = 'data.tar') =>
  makeAr({ 'debian-binary': Buffer.from('2.0\n'), 'control.tar.gz': control(), [name]: data });

/** What is in a package: path → what it is and its bytes or target. */
type Content = Readonly<Record<string, string>>;

async function contentOf({ entries }: UnpackedPackage): Promise<Content> {
  const all = await Promise.all(
    entries.map(async (entry) => {
      if (entry.kind === 'folder') return [entry.path, 'folder'] as const;
      if (entry.kind !== 'file') return [entry.path, `${entry.kind} ${entry.target}`] as const;
      const bytes = Buffer.from(await entry.at(0, entry.size));
      expect(bytes.byteLength).toBe(entry.size);
      return [entry.path, `file ${bytes.toString('base64')}`] as const;
    }),
  );
  return Object.fromEntries(all);
}

/** The content of a package, or why it was refused; asserts what must be so in both cases. */
async function taken(bytes: Buffer, keep: (path: string) => boolean = everything): Promise<Content | string> {
  await writeFile(deb, bytes);
  try {
    const unpacked = await unpack(context(), { name: 'odd', path: deb }, folder, keep);
    const content = await contentOf(unpacked);
    fits(unpacked);
    return content;
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    expect(await readdir(folder)).toEqual([]);
    const [{ what = '', next = '' } = {}] = error.problems;
    expect(what).toMatch(/^the package odd can't be unpacked: ./);
    expect(what).not.toMatch(/[\p{Cc}\p{Cs}]|undefined|\[object|\.[jt]s:\d/u);
    expect(what.length).toBeLessThan(600);
    expect(next).not.toBe('');
    return what;
  } finally {
    expect((await readdir(root)).sort()).toEqual(['a', 'outside', 'package.deb']);
    expect(await readdir(join(root, 'a'))).toEqual(['b']);
    expect(await readdir(join(root, 'a/b'))).toEqual(['work']);
    expect(await readFile(join(root, 'outside'), 'utf8')).toBe('untouched');
    await rm(folder, { recursive: true });
    await mkdir(folder);
  }
}

/** Asserts that what was accepted can be put into a layer, or that it is told what can't. */
function fits(unpacked: UnpackedPackage): void {
  try {
    const order = new LayerOrder();
    for (const entry of completed(layOut([{ name: 'odd', unpacked }]).values(), nothingBelow.ground))
      order.check(entry);
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
  }
}

const part = fc.oneof(
  fc.stringMatching(/^[a-z0-9._+-]{1,12}$/),
  fc.constantFrom('größe', '日本', 'a b', '😀', 'x'.repeat(99), 'y'.repeat(120), '-rf', '~', '\\', '*'),
);
const path = fc
  .array(
    part.filter((one) => one !== '.' && one !== '..' && !one.startsWith('.wh.')),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => parts.join('/'));
const body = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom(0, 511, 512, 513, 1024, 65_536, 65_537, 300_000)
    .map((size) => Buffer.alloc(size, `${size} `)),
);
const entry = fc.oneof(
  fc.record({ path, kind: fc.constant('file' as const), body }),
  fc.record({ path, kind: fc.constant('folder' as const), body: fc.constant(Buffer.alloc(0)) }),
  fc.record({
    path,
    kind: fc.constant('symlink' as const),
    body: path.map((target) => Buffer.from(`/${target}`)),
  }),
  fc.record({
    path,
    kind: fc.constant('hardlink' as const),
    body: path.map((target) => Buffer.from(target)),
  }),
);
const entries = fc.uniqueArray(entry, { selector: (one) => one.path, maxLength: 8 });
type Entry = typeof entry extends fc.Arbitrary<infer T> ? T : never;
const flags = { file: '0', folder: '5', symlink: '2', hardlink: '1' } as const;

/** An entry in one of the ways in which tar programs write it. */
function written({ path: at, kind, body: content }: Entry, way: 'pax' | 'gnu'): Buffer {
  const name = kind === 'folder' ? `./${at}/` : `./${at}`;
  const target = kind === 'symlink' || kind === 'hardlink' ? content.toString() : '';
  const own: RawEntry = { name, type: flags[kind], target, ...(kind === 'file' ? { body: content } : {}) };
  if (way === 'gnu') {
    const long = [
      ...(Buffer.byteLength(name) > 100 ? [gnuLong('L', name)] : []),
      ...(Buffer.byteLength(target) > 100 ? [gnuLong('K', target)] : []),
    ];
    return Buffer.concat([...long, rawEntry({ ...own, magic: 'ustar  \0' })]);
  }
  const records = {
    ...(Buffer.byteLength(name) > 100 ? { path: name } : {}),
    ...(Buffer.byteLength(target) > 100 ? { linkpath: target } : {}),
    ...(kind === 'file' && content.byteLength > 500 ? { size: String(content.byteLength) } : {}),
    mtime: '0.5',
  };
  return Buffer.concat([paxEntry(records), rawEntry(own)]);
}

function expected(all: readonly Entry[]): Content {
  return Object.fromEntries(
    all.map(({ path: at, kind, body: content }) => [
      at,
      kind === 'file'
        ? `file ${content.toString('base64')}`
        : kind === 'folder'
          ? 'folder'
          : `${kind} ${content}`,
    ]),
  );
}

const ways = fc.constantFrom('pax', 'gnu');
const compressions = fc.constantFrom(
  ['data.tar', (tar: Buffer) => tar] as const,
  ['data.tar.gz', (tar: Buffer) => gzipSync(tar)] as const,
  ['data.tar.zst', (tar: Buffer) => zstdCompressSync(tar)] as const,
);

test('what is in a package comes out of it, in each way of writing it', { timeout }, async () => {
  await fc.assert(
    fc.asyncProperty(entries, ways, compressions, async (all, way, [name, compress]) => {
      const tar = Buffer.concat([...all.map((one) => written(one, way)), tarEnd]);
      expect(await taken(debOf(compress(tar), name))).toEqual(expected(all));
    }),
    fuzzed(40),
  );
});

test.each(evil)(
  '%s is refused, wherever it is and whether it is wanted or not',
  { timeout },
  async (_, bad, word) => {
    await fc.assert(
      fc.asyncProperty(entries, entries, ways, fc.boolean(), async (before, after, way, wanted) => {
        const parts = [
          ...before.map((one) => written(one, way)),
          bad,
          ...after.map((one) => written(one, way)),
          tarEnd,
        ];
        expect(await taken(debOf(Buffer.concat(parts)), () => wanted)).toMatch(word);
      }),
      fuzzed(2),
    );
  },
);

const tar = await nodeProcesses.find('tar');

test.skipIf(tar === undefined)(
  'what is accepted of a damaged archive is what GNU tar sees in it',
  { timeout },
  async () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.boolean()), { minLength: 1, maxLength: 4 });
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(entries, ways, changes, async (all, way, made) => {
        const bytes = Buffer.concat([...all.map((one) => written(one, way)), tarEnd]);
        for (const [at, byte, header] of made) {
          // Mostly in headers: bytes of content are nobody's business.
          const place = header
            ? at % bytes.byteLength
            : Math.floor((at % bytes.byteLength) / 512) * 512 + (at % 512);
          bytes[place % bytes.byteLength] = byte;
        }
        mendChecksums(bytes);
        const content = await taken(debOf(bytes));
        if (typeof content === 'string') return;
        accepted += 1;
        await writeFile(join(root, 'a', 'plain.tar'), bytes);
        const args = [
          '--list',
          '--verbose',
          '--numeric-owner',
          '--quoting-style=literal',
          '--file',
          join(root, 'a', 'plain.tar'),
        ];
        const { code, stdout, stderr } = await nodeProcesses.run({
          program: tar ?? '',
          args,
          env: { LC_ALL: 'C.UTF-8' },
        });
        await rm(join(root, 'a', 'plain.tar'));
        expect(code, stderr).toBe(0);
        const seen = stdout.split('\n').filter((line) => line !== '');
        const names = seen.map((line) =>
          /^\S+ \S+ +\d+ \S+ \S+ (.*)$/s
            .exec(line)?.[1]
            ?.replace(/( -> | link to ).*/s, '')
            .replace(/^(?:\.\/)+/, '')
            .replaceAll(/\/(?:\.\/)+/g, '/')
            .replace(/\/+$/, ''),
        );
        expect(new Set(Object.keys(content))).toEqual(
          new Set(names.filter((name) => name !== '' && name !== '.')),
        );
      }),
      fuzzed(30),
    );
    expect(accepted).toBeGreaterThan(0);
  },
);

/** Makes the checksums of what look like headers right again, so that more than them is tried. */
function mendChecksums(bytes: Buffer): void {
  for (let at = 0; at + 512 <= bytes.byteLength; at += 512) {
    const header = bytes.subarray(at, at + 512);
    if (header.toString('latin1', 257, 262) !== 'ustar') continue;
    header.fill(' ', 148, 156);
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
      'latin1',
    );
  }
}

test('a package that is cut off anywhere is refused, or whole', { timeout }, async () => {
  const all: Entry[] = [
    { path: 'usr/a', kind: 'file', body: Buffer.alloc(700, 'a') },
    { path: 'usr/b', kind: 'file', body: Buffer.alloc(70_000, 'b') },
    { path: 'l', kind: 'symlink', body: Buffer.from('/usr/a') },
  ];
  const whole = Buffer.concat([...all.map((one) => written(one, 'pax')), tarEnd]);
  await fc.assert(
    fc.asyncProperty(
      compressions,
      fc.boolean(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async ([name, compress], inner, share) => {
        const cut = (bytes: Buffer) => bytes.subarray(0, Math.floor(share * (bytes.byteLength - 1)));
        const bytes = inner ? debOf(compress(cut(whole)), name) : cut(debOf(compress(whole), name));
        const content = await taken(bytes);
        if (typeof content !== 'string') expect(content).toEqual(expected(all));
      },
    ),
    fuzzed(30),
  );
});

test('any bytes in a package are taken or refused', { timeout }, async () => {
  const whole = debOf(
    gzipSync(Buffer.concat([rawEntry({ name: 'a', body: Buffer.from('content') }), tarEnd])),
    'data.tar.gz',
  );
  const changes = fc.array(fc.tuple(fc.nat(whole.byteLength - 1), fc.nat(255)), {
    minLength: 1,
    maxLength: 5,
  });
  const damaged = changes.map((all) => {
    const bytes = Buffer.from(whole);
    for (const [at, byte] of all) bytes[at] = byte;
    return bytes;
  });
  const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  const members = fc.dictionary(
    fc.constantFrom(
      'debian-binary',
      'control.tar',
      'control.tar.gz',
      'data.tar',
      'data.tar.xz',
      'data.tar.zst',
      '../x',
      '',
    ),
    fc.oneof(noise, fc.constant(tarEnd), fc.constant(gzipSync(tarEnd)), fc.constant(Buffer.alloc(0))),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        damaged,
        noise,
        members.map((all) => makeAr(all)),
      ),
      async (bytes) => {
        await taken(bytes);
      },
    ),
    fuzzed(40),
  );
});

test('twice the same path, a file where a folder is, and files behind links get into no layer', {
  timeout,
}, async () => {
  const clash = fc.array(
    fc.tuple(
      fc.constantFrom('x', 'x/y', 'x/y/z', 'bin', 'bin/x', 'usr/bin/x'),
      fc.constantFrom(...(Object.keys(flags) as Entry['kind'][])),
    ),
    { minLength: 2, maxLength: 6 },
  );
  await fc.assert(
    fc.asyncProperty(clash, async (pairs) => {
      const all = pairs.map(
        ([at, kind]): Entry => ({ path: at, kind, body: Buffer.from(kind === 'file' ? 'text' : 'x') }),
      );
      const content = await taken(debOf(Buffer.concat([...all.map((one) => written(one, 'gnu')), tarEnd])));
      expect(typeof content).toBe('object');
    }),
    fuzzed(25),
  );
});

test('what unpacks to too much is refused within bounds', { timeout }, async () => {
  const large = rawEntry({ name: './md5sums', body: Buffer.alloc(limits.archive.control.most) });
  const bomb = makeAr({
    'debian-binary': Buffer.from('2.0\n'),
    'control.tar.gz': control(large),
    'data.tar': tarEnd,
  });
  expect(bomb.byteLength).toBeLessThan(100_000);
  const seconds = await processorSeconds(async () => {
    expect(await taken(bomb)).toMatch(/control\.tar\.gz unpacks to more than 16777216 bytes/);
  });
  expect(seconds).toBeLessThan(10);
});

test('an archive without end is left after so many entries, headers and names', async () => {
  const endless = (unit: Buffer) => async (offset: number, length: number) => {
    const from = offset % unit.byteLength;
    return unit.subarray(from, Math.min(from + length, unit.byteLength));
  };
  const read = async (unit: Buffer) => {
    let count = 0;
    for await (const one of tarEntries(endless(unit), 2 ** 45)) count += one.name.length;
    return count;
  };
  await expect(read(rawEntry({ name: 'a' }))).rejects.toThrow(/more than 100000 entries/);
  await expect(read(paxEntry({ comment: 'a' }))).rejects.toThrow(/more than 100000 entries/);
  const long = Buffer.concat([gnuLong('L', 'long/'.repeat(800)), rawEntry({ name: 'a' })]);
  await expect(read(long)).rejects.toThrow(/names are too long together/);
});
