import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ImageSpec } from '../../path/src/core/image-spec.ts';
import { baseReference, newContext, newFolder, pullBase, write } from '../../path/src/image/step.fixture.ts';
import { buildImages } from '../../path/src/image/step.ts';

/*
 * A cache on a real disk that is too small: a file system in memory of two megabytes. Needs root (mount).
 */
const asRoot = test.skipIf(process.getuid?.() !== 0);
let cache: string;
let source: string;

beforeEach(() => {
  cache = newFolder();
  if (process.getuid?.() === 0) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', cache]);
  source = write(newFolder(), {
    'package.json': { name: 'app', version: '1.0.0', type: 'module', main: 'main.js' },
    'package-lock.json': { lockfileVersion: 3, packages: { '': { name: 'app', version: '1.0.0' } } },
    'main.js': '',
  });
  mkdirSync(join(source, 'data'));
  for (const name of ['a', 'b', 'c', 'd']) writeFileSync(join(source, 'data', name), randomBytes(1 << 20));
});
afterEach(() => {
  if (process.getuid?.() === 0) execFileSync('umount', [cache]);
});

const build = (folder: string) => {
  const context = newContext(folder);
  const spec: ImageSpec = { name: 'app', builder: 'node', source, base: baseReference() };
  return buildImages(context, [spec], { projectFolder: source, pull: pullBase(context) });
};

asRoot(
  'a full disk is told of, leaves nothing half-written, and with room the image is the same',
  async () => {
    await expect(build(cache)).rejects.toMatchObject({
      name: 'StepFailed',
      problems: [{ what: "images can't be made: the disk is full", where: { file: cache } }],
    });
    // The layers that were being written beside the one that failed take theirs away when they fail in turn.
    await expect.poll(() => readdirSync(join(cache, 'blobs/incoming'))).toEqual([]);
    execFileSync('mount', ['-o', 'remount,size=64m', cache]);
    const [image] = await build(cache);
    const [elsewhere] = await build(newFolder());
    expect(image?.manifest.descriptor).toEqual(elsewhere?.manifest.descriptor);
    for (const layer of image?.layers ?? []) expect(existsSync(layer.path)).toBe(true);
  },
);

asRoot('builds of the same image in one empty cache at once all have it', async () => {
  execFileSync('mount', ['-o', 'remount,size=64m', cache]);
  const folders = Array.from({ length: 4 }, () => build(cache));
  const digests = (await Promise.all(folders)).map(([image]) => image?.manifest.descriptor.digest);
  expect(new Set(digests).size).toBe(1);
  expect(readdirSync(join(cache, 'blobs/incoming'))).toEqual([]);
});
