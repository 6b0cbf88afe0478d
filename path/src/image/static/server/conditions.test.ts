import { expect, test } from 'vitest';
import { matchNames, noneMatchNames, readRange } from './conditions.ts';

test('If-None-Match compares weakly, in lists, and takes a star', () => {
  for (const header of ['"a"', 'W/"a"', '"b", "a"', 'W/"b" , W/"a"', '"x,y","a"', ' * ']) {
    expect(noneMatchNames(header, '"a"'), header).toBe(true);
  }
  for (const header of ['"b"', 'a', '', '"ab"', 'W/"b"', '"a']) {
    expect(noneMatchNames(header, '"a"'), header).toBe(false);
  }
});

test('If-Match compares strongly', () => {
  expect(matchNames('"b", "a"', '"a"')).toBe(true);
  expect(matchNames('*', '"a"')).toBe(true);
  expect(matchNames('W/"a"', '"a"')).toBe(false);
});

test.each([
  ['bytes=0-0', { start: 0, end: 0 }],
  ['bytes=2-5', { start: 2, end: 5 }],
  ['bytes=8-99', { start: 8, end: 9 }],
  ['bytes=8-', { start: 8, end: 9 }],
  ['bytes=-3', { start: 7, end: 9 }],
  ['bytes=-30', { start: 0, end: 9 }],
  ['BYTES=1-1', { start: 1, end: 1 }],
  ['bytes=10-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=5-2', undefined],
  ['bytes=-', undefined],
  ['bytes=0-1,3-4', undefined],
  ['lines=0-1', undefined],
  ['bytes=a-b', undefined],
])('of 10 bytes, %s is %j', (header, range) => {
  expect(readRange(header, 10)).toEqual(range);
});

test('an empty file has no last bytes to send, and none beyond them', () => {
  expect(readRange('bytes=-5', 0)).toBeUndefined();
  expect(readRange('bytes=0-', 0)).toBe('unsatisfiable');
});
