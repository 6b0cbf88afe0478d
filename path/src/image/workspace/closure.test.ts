import { expect, test } from 'vitest';
import { closureOf } from './closure.ts';
import { installFiles } from './install.ts';
import type { Lockfile } from './lockfile.ts';

const lockfile: Lockfile = {
  file: '/project/package-lock.json',
  packages: {
    '': { name: 'all', devDependencies: { tool: '1' } },
    'apps/one': { name: 'one', version: '1.0.0', dependencies: { a: '1' }, devDependencies: { tested: '1' } },
    'apps/two': { name: 'two', dependencies: { tested: '1' } },
    'node_modules/one': { link: true, resolved: 'apps/one' },
    'node_modules/a': {
      version: '1',
      dependencies: { native: '1', needed: '1' },
      optionalDependencies: { native: '1', 'native-arm': '1', absent: '1' },
      peerDependencies: { peer: '1', maybe: '1' },
      peerDependenciesMeta: { maybe: { optional: true } },
    },
    'node_modules/native': { version: '1', optional: true, os: ['linux'], cpu: ['x64'], libc: ['glibc'] },
    'node_modules/native-arm': { version: '1', optional: true, os: ['linux'], cpu: ['arm64'] },
    'node_modules/needed': { version: '1', os: ['!win32'] },
    'node_modules/peer': { version: '1' },
    'node_modules/maybe': { version: '1' },
    'node_modules/tested': { version: '1' },
    'node_modules/tool': { version: '1', dev: true },
  },
};

test('a closure is what production needs on linux/x64 with glibc, and nothing of other workspaces', () => {
  const closure = closureOf(lockfile, ['apps/one']);
  expect([...closure.packages.keys()].sort()).toEqual([
    'node_modules/a',
    'node_modules/native',
    'node_modules/needed',
    'node_modules/peer',
  ]);
  expect([...closure.locals.keys()]).toEqual(['apps/one']);
});

test('development dependencies belong to the workspaces that are named', () => {
  const closure = closureOf(lockfile, ['', 'apps/one'], ['']);
  expect([...closure.packages.keys()]).toContain('node_modules/tool');
  expect([...closure.packages.keys()]).not.toContain('node_modules/tested');
});

test('npm is given the closure alone: nothing of other platforms, and no mark of development', () => {
  const closure = closureOf(lockfile, ['', 'apps/one'], ['']);
  const files = installFiles(closure, [''], {
    overrides: { a: { needed: '$tool' } },
    devDependencies: { tool: '1' },
  });
  expect(Object.keys(files).sort()).toEqual(['apps/one/package.json', 'package-lock.json', 'package.json']);
  expect(files['package.json']).toEqual({
    name: 'all',
    devDependencies: { tool: '1' },
    workspaces: ['apps/one'],
    overrides: { a: { needed: '1' } },
  });
  expect(files['apps/one/package.json']).toEqual({ name: 'one', version: '1.0.0', dependencies: { a: '1' } });
  const { packages } = files['package-lock.json'] as { packages: Record<string, unknown> };
  expect(packages['node_modules/tool']).toEqual({ version: '1' });
  expect(packages['node_modules/one']).toEqual({ resolved: 'apps/one', link: true });
  expect(packages['node_modules/a']).toMatchObject({
    dependencies: { native: '1', needed: '1' },
    optionalDependencies: { native: '1' },
  });
  expect(Object.keys(packages)).not.toContain('node_modules/native-arm');
  expect(Object.keys(packages)).not.toContain('node_modules/tested');
});

test("a lockfile that lacks something is the user's mistake", () => {
  const { 'node_modules/needed': _gone, ...packages } = lockfile.packages;
  expect(() => closureOf({ ...lockfile, packages }, ['apps/one'])).toThrow(
    /lacks needed, which node_modules\/a needs/,
  );
});
