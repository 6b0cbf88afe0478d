import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cachedPackages } from './cached-packages.ts';
import { closureOf } from './closure.ts';
import type { LockedPackage } from './lockfile.ts';

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'npm-cache-'));
});
afterEach(() => rm(cache, { recursive: true }));

/** Files an archive as npm does; returns its integrity and its path. */
async function keep(name: string) {
  const archive = pack();
  archive.entry({ name: 'package/package.json' }, JSON.stringify({ name }));
  archive.finalize();
  const bytes = gzipSync(await buffer(archive));
  const hash = createHash('sha512').update(bytes);
  const digest = hash.copy().digest('hex');
  const path = join(
    cache,
    '_cacache/content-v2/sha512',
    digest.slice(0, 2),
    digest.slice(2, 4),
    digest.slice(4),
  );
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return { path, integrity: `sha512-${hash.digest('base64')}` };
}

function found(packages: Readonly<Record<string, LockedPackage>>) {
  const names = Object.keys(packages).map((path) => path.slice('node_modules/'.length));
  const own = { dependencies: Object.fromEntries(names.map((name) => [name, '1.0.0'])) };
  const lockfile = { file: 'package-lock.json', packages: { '': own, ...packages } };
  return cachedPackages(cache, closureOf(lockfile, ['']));
}

test('packages are those that the integrity names', async () => {
  const { integrity } = await keep('a');
  const files = (await found({ 'node_modules/a': { integrity } }))?.get('node_modules/a');
  expect(files?.map(({ path, content }) => [path, Buffer.from(content).toString()])).toEqual([
    ['package.json', '{"name":"a"}'],
  ]);
});

test('one that is missing, altered, or has no integrity is for npm, and so are the others', async () => {
  const [a, b] = [await keep('a'), await keep('b')];
  const both = { 'node_modules/a': { integrity: a.integrity }, 'node_modules/b': { integrity: b.integrity } };
  expect((await found(both))?.size).toBe(2);
  expect(await found({ ...both, 'node_modules/b': { version: '1.0.0' } })).toBeUndefined();
  await writeFile(b.path, gzipSync('another'));
  expect(await found(both)).toBeUndefined();
  await rm(b.path);
  expect(await found(both)).toBeUndefined();
});

test.each([
  ['>=18', false],
  ['>= 10.0.0', false],
  ['>=999', true],
  ['^20 || >=22', true],
])(
  'whether an optional package that asks for Node.js %s is left out is for npm to say: %s',
  async (node, asked) => {
    const { integrity } = await keep('a');
    const files = await found({ 'node_modules/a': { integrity, optional: true, engines: { node } } });
    expect(files === undefined).toBe(asked);
  },
);
