import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { ImageSpec } from '../core/image-spec.ts';
import { makingOf, withLock } from './making.ts';
import { integrityDigests, npmMaterials, sourceMaterial } from './materials.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test('integrity becomes digests in hexadecimal', () => {
  const base64 = createHash('sha512').update('a').digest('base64');
  const hex = createHash('sha512').update('a').digest('hex');
  expect(integrityDigests(`sha512-${base64}`)).toEqual({ sha512: hex });
  expect(integrityDigests(`sha1-AAAA sha512-${base64}?opt`)).toEqual({ sha1: '000000', sha512: hex });
  for (const text of ['', 'md5-AAAA', 'sha512-', 'sha512']) expect(integrityDigests(text)).toEqual({});
});

test('a package of the lockfile is one material, by its own name, wherever it is', () => {
  const packages = new Map([
    ['node_modules/a', { version: '1.0.0', license: 'MIT' }],
    ['node_modules/b/node_modules/a', { version: '1.0.0', license: 'MIT' }],
    ['node_modules/alias', { name: '@s/real', version: '2.0.0', license: { type: 'MIT' } }],
    ['packages/local', {}],
  ]);
  expect(npmMaterials(packages, 'build')).toEqual([
    { type: 'npm', name: 'a', version: '1.0.0', digests: {}, license: 'MIT', use: 'build' },
    { type: 'npm', name: '@s/real', version: '2.0.0', digests: {}, use: 'build' },
  ]);
});

test('sources have the digest that Go gives a folder', () => {
  const files = { 'b.js': sha256('b'), 'a.js': sha256('a'), link: 'a.js' };
  const lines = `${sha256('a')}  a.js\n${sha256('b')}  b.js\n${sha256('a.js')}  link\n`;
  expect(sourceMaterial('src', files)).toEqual([
    { type: 'source', name: 'src', digests: { dirHash: sha256(lines) }, use: 'build' },
  ]);
  expect(sourceMaterial('src', {})).toEqual([]);
});

test('parameters are what was asked for, without a path of this machine or a whole file', () => {
  const parts = { inputs: { source: {}, dependencies: {} }, materials: [] };
  const node: ImageSpec = { builder: 'node', name: 'web', source: '/home/me/project/apps/web' };
  expect(makingOf(node, parts, '/home/me/project')).toEqual({
    builder: 'node',
    parameters: { source: 'apps/web' },
    materials: [],
  });
  const binary: ImageSpec = {
    ...{ builder: 'binary', name: 'part', entrypoint: ['/p'] },
    programs: [{ from: '/home/me/.cache/p', to: '/p' }],
    user: { uid: 1, gid: 1, name: 'a', home: '/' },
    files: [{ path: '/f', mode: 0o644, content: 'secret?' }],
  };
  const text = JSON.stringify(makingOf(binary, parts, '/home/me/project'));
  expect(text).not.toContain('/home/me');
  expect(text).not.toContain('secret?');
  expect(text).toContain(sha256('secret?'));
});

test('the lock of Debian packages is a material of what stands on some', () => {
  const lock = { type: 'file', name: 'ptp.lock', digests: {}, use: 'build' } as const;
  const image = (type: 'deb' | 'npm') =>
    ({
      making: {
        builder: 'x',
        parameters: {},
        materials: [{ type, name: 'a', digests: {}, use: 'contained' }],
      },
    }) as never;
  expect(withLock(image('deb'), lock)).toMatchObject({ making: { materials: [{ type: 'deb' }, lock] } });
  expect(withLock(image('npm'), lock)).toEqual(image('npm'));
  expect(withLock(image('deb'), undefined)).toEqual(image('deb'));
});
