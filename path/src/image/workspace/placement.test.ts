import { expect, test } from 'vitest';
import { closureOf } from './closure.ts';
import type { Lockfile } from './lockfile.ts';
import { placePackages } from './placement.ts';

function lock(packages: Lockfile['packages']): Lockfile {
  return { file: '/project/package-lock.json', packages };
}
const place = (lockfile: Lockfile, workspace: string) =>
  Object.fromEntries(placePackages(closureOf(lockfile, [workspace]), workspace));

test('what npm hoisted and what it left beside the application become one node_modules', () => {
  const lockfile = lock({
    app: { dependencies: { a: '1', b: '1' } },
    'node_modules/a': { version: '1', dependencies: { c: '1' } },
    'node_modules/c': { version: '1' },
    'app/node_modules/b': { version: '1' },
    'node_modules/b': { version: '2' },
    'node_modules/unrelated': { version: '1' },
  });
  expect(place(lockfile, 'app')).toEqual({
    'node_modules/a': 'node_modules/a',
    'node_modules/b': 'app/node_modules/b',
    'node_modules/c': 'node_modules/c',
  });
});

test('a package that needs the version that gave way gets it beneath itself, with what that one needs', () => {
  const lockfile = lock({
    app: { dependencies: { a: '1', b: '1', c: '1' } },
    'node_modules/a': { version: '1', dependencies: { b: '2' } },
    'node_modules/b': { version: '2', dependencies: { c: '2', d: '1' } },
    'node_modules/c': { version: '2', dependencies: { b: '2' } },
    'node_modules/b/node_modules/d': { version: '1' },
    'node_modules/d': { version: '2' },
    'app/node_modules/b': { version: '1' },
    'app/node_modules/c': { version: '1', dependencies: { d: '2' } },
  });
  expect(place(lockfile, 'app')).toEqual({
    'node_modules/a': 'node_modules/a',
    'node_modules/a/node_modules/b': 'node_modules/b',
    'node_modules/a/node_modules/b/node_modules/c': 'node_modules/c',
    'node_modules/a/node_modules/b/node_modules/d': 'node_modules/b/node_modules/d',
    'node_modules/b': 'app/node_modules/b',
    'node_modules/c': 'app/node_modules/c',
    'node_modules/d': 'node_modules/d',
  });
});

test('a lone application stays as its lockfile says', () => {
  const lockfile = lock({
    '': { dependencies: { '@s/a': '1', b: '1' } },
    'node_modules/@s/a': { version: '1', dependencies: { b: '2' } },
    'node_modules/@s/a/node_modules/b': { version: '2' },
    'node_modules/b': { version: '1' },
  });
  expect(place(lockfile, '')).toEqual({
    'node_modules/@s/a': 'node_modules/@s/a',
    'node_modules/@s/a/node_modules/b': 'node_modules/@s/a/node_modules/b',
    'node_modules/b': 'node_modules/b',
  });
});

test('a workspace that another needs is placed like a package, with its own versions beneath it', () => {
  const lockfile = lock({
    app: { dependencies: { '@s/shared': '*', b: '1' } },
    'node_modules/@s/shared': { link: true, resolved: 'packages/shared' },
    'packages/shared': { name: '@s/shared', dependencies: { b: '2', c: '1' } },
    'packages/shared/node_modules/b': { version: '2' },
    'node_modules/b': { version: '1' },
    'node_modules/c': { version: '1' },
  });
  expect(place(lockfile, 'app')).toEqual({
    'node_modules/@s/shared': 'packages/shared',
    'node_modules/@s/shared/node_modules/b': 'packages/shared/node_modules/b',
    'node_modules/b': 'node_modules/b',
    'node_modules/c': 'node_modules/c',
  });
});

test('packages that need each other are placed once', () => {
  const lockfile = lock({
    app: { dependencies: { a: '1' } },
    'node_modules/a': { version: '1', dependencies: { b: '1' } },
    'node_modules/b': { version: '1', dependencies: { a: '1' } },
  });
  expect(Object.keys(place(lockfile, 'app'))).toEqual(['node_modules/a', 'node_modules/b']);
});
