import { expect, test } from 'vitest';
import { differences, losses, parseTables } from './tables.ts';

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

test('what a restoration would lose is told by table; tables that are the same are left out', () => {
  const table = (name: string, rows: number, sum = '1') => ({ name, rows, sum });
  const now = [table('a', 3), table('b', 5), table('c', 2), table('d', 1, '7')];
  const backup = [table('a', 3), table('b', 4), table('d', 1), table('e', 9)];
  expect(losses(now, backup)).toEqual([
    { name: 'b', now: 5, backup: 4, lost: 1 },
    { name: 'c', now: 2, lost: 2 },
    { name: 'd', now: 1, backup: 1, lost: 0 },
    { name: 'e', backup: 9, lost: 0 },
  ]);
});
