import { expect, test } from 'vitest';
import { differences, parseTables } from './tables.ts';

const before = parseTables('public.rows|3|-12\npublic.slots|16|9223372036854775900\n');

test('tables that are as they were differ in nothing', () => {
  expect(before).toEqual([
    { name: 'public.rows', rows: 3, sum: '-12' },
    { name: 'public.slots', rows: 16, sum: '9223372036854775900' },
  ]);
  expect(differences(before, parseTables('public.slots|16|9223372036854775900\npublic.rows|3|-12'))).toEqual(
    [],
  );
});

test('a table that is missing, is new, has other rows, or more of them is told', () => {
  expect(differences(before, parseTables('public.rows|3|-13'))).toEqual([
    'public.rows has other rows',
    'public.slots is missing',
  ]);
  expect(differences([], parseTables('a.b|0|0'))).toEqual(['a.b was not backed up']);
  expect(differences(before.slice(0, 1), parseTables('public.rows|2|-12'))).toEqual([
    'public.rows has 2 rows, not 3',
  ]);
});

test('what is no table is refused', () => {
  expect(() => parseTables('ERROR: no')).toThrow(TypeError);
});
