import { expect, test } from 'vitest';
import type { DebianLock } from './lock.ts';
import { debianArchitecture, lockRequest, planLayers, suitesOf } from './plan.ts';

const lock = (packages: Record<string, string[]>): DebianLock => ({
  version: 1,
  request: lockRequest({ packages: Object.keys(packages) }, 'amd64'),
  resolved: Object.entries(packages).map(([name, depends]) => ({
    name,
    version: '1',
    architecture: 'amd64',
    archive: 'main',
    path: `pool/${name}.deb`,
    size: 1,
    sha256: name.padEnd(64, '0'),
    depends,
  })),
});
const base = {
  'base-files': [],
  libc6: ['libgcc-s1'],
  'libgcc-s1': ['libc6'],
  netbase: [],
  tzdata: [],
};

test('a request has one form, however it was written', () => {
  expect(lockRequest({ packages: ['b', 'a', 'b'] }, 'arm64')).toEqual({
    packages: ['a', 'b'],
    without: [],
    closed: false,
    suite: 'trixie',
    architecture: 'arm64',
  });
});

test('the base set with its dependencies is a layer that other packages do not change', () => {
  const [shared, rest] = planLayers(lock({ ...base, app: ['libc6'] }), { packages: [] });
  const [same] = planLayers(lock({ ...base, other: [] }), { packages: [] });
  expect(shared?.packages.map(({ name }) => name)).toEqual(Object.keys(base));
  expect(rest?.packages.map(({ name }) => name)).toEqual(['app']);
  expect(same?.key).toBe(shared?.key);
});

test('without the whole base set there is one layer', () => {
  const { tzdata: _, ...partial } = base;
  expect(planLayers(lock({ ...partial, app: [] }), { packages: [] })).toHaveLength(1);
});

test('a layer’s key changes with its packages, its compression and the image’s own files', () => {
  const key = (...given: Parameters<typeof planLayers>) => planLayers(...given).at(-1)?.key;
  const keys = [
    key(lock({ a: [] }), { packages: [] }),
    key(lock({ b: [] }), { packages: [] }),
    key(lock({ a: [] }), { packages: [], compression: 'gzip' }),
    key(lock({ a: [] }), { packages: [], files: [{ path: 'x', mode: 0o644, content: 'x' }] }),
    key(lock({ a: [] }), { packages: [], files: [{ path: 'x', mode: 0o644, content: 'y' }] }),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  expect(key(lock({ a: [] }), { packages: [], compression: 'zstd' })).toBe(keys[0]);
});

test('a release has updates and security updates; sid has neither', () => {
  expect(suitesOf('trixie').map(({ archive, suite }) => `${archive}/${suite}`)).toEqual([
    'main/trixie',
    'main/trixie-updates',
    'security/trixie-security',
  ]);
  expect(suitesOf('sid')).toHaveLength(1);
});

test('architectures have Debian’s names, and others are refused', () => {
  expect([debianArchitecture('x64'), debianArchitecture('arm64')]).toEqual(['amd64', 'arm64']);
  expect(() => debianArchitecture('s390x')).toThrow('s390x');
});
