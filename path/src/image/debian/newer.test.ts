import { expect, test } from 'vitest';
import type { DebianLock } from './lock.ts';
import { changesBetween } from './newer.ts';

const lock = (
  ...packages: readonly (readonly [name: string, version: string, archive?: 'main' | 'security'])[]
): DebianLock => ({
  version: 1,
  request: { packages: [], without: [], closed: false, suite: 'trixie', architecture: 'amd64' },
  resolved: packages.map(([name, version, archive = 'main']) => ({
    name,
    version,
    archive,
    architecture: 'amd64',
    path: `pool/${name}.deb`,
    size: 1,
    sha256: 'a'.repeat(64),
    depends: [],
  })),
});

test('what is newer is told with where it comes from, by name', () => {
  const before = lock(['tzdata', '2026a-1'], ['libc6', '2.41-12'], ['netbase', '6.5']);
  const after = lock(['tzdata', '2026b-1'], ['libc6', '2.41-12+deb13u1', 'security'], ['netbase', '6.5']);
  expect(changesBetween(before, after)).toEqual([
    { name: 'libc6', from: '2.41-12', to: '2.41-12+deb13u1', why: 'security update' },
    { name: 'tzdata', from: '2026a-1', to: '2026b-1', why: 'point release' },
  ]);
});

test('a mirror that is behind has nothing newer', () => {
  expect(changesBetween(lock(['libc6', '2.41-13']), lock(['libc6', '2.41-12']))).toEqual([]);
});

test('what comes and what goes is told', () => {
  expect(changesBetween(lock(['libssl3', '3.0']), lock(['libssl3t64', '3.5']))).toEqual([
    { name: 'libssl3', from: '3.0', why: 'nothing needs it any more' },
    { name: 'libssl3t64', to: '3.5', why: 'something needs it now' },
  ]);
});
