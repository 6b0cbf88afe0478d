import { expect, test } from 'vitest';
import { bytes, clean, colorWanted, cut, duration, remaining, table } from './look.ts';

test('colours: NO_COLOR beats FORCE_COLOR, which beats the terminal', () => {
  expect(colorWanted({}, true)).toBe(true);
  expect(colorWanted({}, false)).toBe(false);
  expect(colorWanted({ NO_COLOR: '1', FORCE_COLOR: '1' }, true)).toBe(false);
  expect(colorWanted({ NO_COLOR: '' }, true)).toBe(true);
  expect(colorWanted({ FORCE_COLOR: '1' }, false)).toBe(true);
  expect(colorWanted({ FORCE_COLOR: '0' }, true)).toBe(false);
  expect(colorWanted({ TERM: 'dumb' }, true)).toBe(false);
});

test.each([
  [0.04, '0.0 s'],
  [59.94, '59.9 s'],
  [59.96, '1 min 0 s'],
  [75.4, '1 min 15 s'],
  [3599.6, '1 h 0 min'],
  [7290, '2 h 2 min'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test('what remains is told roughly', () => {
  expect([0, 3, 12, 49, 50, 130].map(remaining)).toEqual([
    'about 1 s left',
    'about 5 s left',
    'about 15 s left',
    'about 50 s left',
    'about 1 min left',
    'about 2 min left',
  ]);
});

test('bytes', () => {
  expect([0, 999, 1000, 41_234_567, 999_960, 2e9].map(bytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '41.2 MB',
    '1.0 MB',
    '2.0 GB',
  ]);
});

test('cutting counts characters, not code units', () => {
  expect(cut('ab😀d', 4)).toBe('ab😀d');
  expect(cut('ab😀de', 4)).toBe('ab😀…');
  expect(cut('abc', 0)).toBe('…');
});

test('tables align and leave nothing at the end of a line', () => {
  expect(
    table([
      ['a', 'bb', ''],
      ['ccc', 'd', 'e'],
    ]),
  ).toEqual(['a    bb', 'ccc  d   e']);
});

test('cleaning keeps text of any language', () => {
  expect(clean('Zürich → 東京 😀\u001b[1m!\u001b[0m')).toBe('Zürich → 東京 😀!');
});
