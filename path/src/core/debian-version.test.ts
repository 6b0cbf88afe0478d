import { expect, test } from 'vitest';
import { compareVersions, satisfies } from './debian-version.ts';

test("the tilde sorts as the policy's example has it", () => {
  const sorted = ['~~', '~~a', '~', '', 'a'];
  const shuffled = ['a', '~', '', '~~a', '~~'];
  expect(shuffled.toSorted(compareVersions)).toEqual(sorted);
});

test.each([
  ['1.0~beta1~svn1245', '1.0~beta1'],
  ['1.0~beta1', '1.0'],
  ['1.0', '1.0-1'],
  ['1.0-1', '1.0-1+b1'],
  ['1.0-1', '1.0-1.1'],
  ['1.9', '1.10'],
  ['1.0a', '1.0+'],
  ['1.0', '1.0a'],
  ['2.0', '1:0.1'],
  ['9:1', '10:1'],
  ['17.9-0+deb13u1', '17.11-0+deb13u1'],
  ['2.41-12+deb13u4~', '2.41-12+deb13u4'],
  ['0.99999999999999999998', '0.99999999999999999999'],
  ['a-b-1', 'a-b-2'],
])('%s is older than %s', (older, newer) => {
  expect(compareVersions(older, newer)).toBeLessThan(0);
  expect(compareVersions(newer, older)).toBeGreaterThan(0);
});

test.each([
  ['1.0', '0:1.0'],
  ['1.0', '1.0-0'],
  ['1.01', '1.1'],
  ['1.0.', '1.0.0'],
])('%s equals %s', (one, other) => {
  expect(compareVersions(one, other)).toBe(0);
});

test('relations include or exclude the version itself', () => {
  expect(['<<', '<=', '=', '>=', '>>'].map((operator) => satisfies('1', operator as '<<', '1'))).toEqual([
    false,
    true,
    true,
    true,
    false,
  ]);
  expect(satisfies('252', '>=', '252~')).toBe(true);
});
