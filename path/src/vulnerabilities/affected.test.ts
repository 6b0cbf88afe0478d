import { expect, test } from 'vitest';
import type { PackageEcosystem } from '../core/package.ts';
import type { Range } from './advisory.ts';
import { affects } from './affected.ts';

const range = (text: string, type: Range['type'] = 'SEMVER'): Range => ({
  type,
  events: text.split(' ').map((event) => {
    const [kind, version] = event.split('=');
    return [kind, version] as Range['events'][number];
  }),
});
const within = (ecosystem: PackageEcosystem, version: string, ...ranges: readonly string[]) =>
  affects({ ranges: ranges.map((text) => range(text)), versions: [] }, version, ecosystem);

test.each<[PackageEcosystem, string, string, string | undefined | false]>([
  ['npm', '1.0.0', 'introduced=0 fixed=1.0.1', '1.0.1'],
  ['npm', '1.0.1', 'introduced=0 fixed=1.0.1', false],
  ['npm', '1.0.1-rc.1', 'introduced=0 fixed=1.0.1', '1.0.1'],
  ['npm', '0.9.0', 'introduced=1.0.0 fixed=1.0.1', false],
  ['npm', '1.5.0', 'introduced=1.0.0 last_affected=1.5.0', undefined],
  ['npm', '1.5.1', 'introduced=1.0.0 last_affected=1.5.0', false],
  ['npm', '9.0.0', 'introduced=0', undefined],
  // several times in and out, and not in order
  ['npm', '2.1.0', 'introduced=2.0.0 fixed=2.2.0 introduced=1.0.0 fixed=1.5.0', '2.2.0'],
  ['npm', '1.6.0', 'introduced=2.0.0 fixed=2.2.0 introduced=1.0.0 fixed=1.5.0', false],
  ['npm', '1.0.0', 'introduced=0 limit=2.0.0', undefined],
  ['npm', '2.0.0', 'introduced=0 limit=2.0.0', false],
  ['npm', '2.0.0', 'introduced=0 limit=*', undefined],
  ['npm', 'workspace', 'introduced=0 fixed=1.0.1', false],
  ['npm', '1.0.0', 'introduced=0 fixed=soon', undefined],
  ['npm', '1.0.0', 'introduced=once', false],
  ['golang', 'v0.37.0', 'introduced=0 fixed=0.38.0', '0.38.0'],
  [
    'golang',
    'v0.0.0-20220101000000-abcdefabcdef',
    'introduced=0 fixed=0.0.0-20230101000000-abcdefabcdef',
    '0.0.0-20230101000000-abcdefabcdef',
  ],
  ['golang', 'v2.0.0+incompatible', 'introduced=0 fixed=2.0.1+incompatible', '2.0.1+incompatible'],
  ['golang', '1.26.8', 'introduced=1.26.0-0 fixed=1.26.9', '1.26.9'],
  ['golang', 'go1.26rc2', 'introduced=1.26.0-0 fixed=1.26.0', '1.26.0'],
  ['golang', '1.26', 'introduced=0 fixed=1.26.0', false],
  ['debian', '3.5.1-1', 'introduced=0 fixed=3.5.1-1+deb13u1', '3.5.1-1+deb13u1'],
  ['debian', '3.5.1-1+deb13u1', 'introduced=0 fixed=3.5.1-1+deb13u1', false],
  ['debian', '1:2.0~rc1-1', 'introduced=0 fixed=1:2.0-1', '1:2.0-1'],
  ['debian', '2.0-1', 'introduced=0 fixed=0', false],
])('%s %s in %s: %s', (ecosystem, version, text, fixed) => {
  const expected = fixed === false ? undefined : fixed === undefined ? {} : { fixed };
  expect(within(ecosystem, version, text)).toEqual(expected);
});

test('a version in two ranges is mended when it has left both', () => {
  expect(within('npm', '1.0.0', 'introduced=0 fixed=1.2.0', 'introduced=0 fixed=1.10.0')).toEqual({
    fixed: '1.10.0',
  });
  expect(within('npm', '1.0.0', 'introduced=0 fixed=1.2.0', 'introduced=0')).toEqual({});
});

test('a version that is listed is affected, beside ranges as well', () => {
  expect(affects({ ranges: [], versions: ['1.0.0'] }, '1.0.0', 'npm')).toEqual({});
  expect(affects({ ranges: [range('introduced=2.0.0')], versions: ['1.0.0'] }, '1.0.0', 'npm')).toEqual({});
  expect(affects({ ranges: [], versions: ['1.0.0'] }, 'v1.0.0', 'golang')).toEqual({});
  expect(affects({ ranges: [], versions: ['1.0.0'] }, '1.0.1', 'npm')).toBeUndefined();
});
