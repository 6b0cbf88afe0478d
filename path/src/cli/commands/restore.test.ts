import { expect, test } from 'vitest';
import { lossLines } from './restore.ts';

const backup = {
  tag: '20261126t031700z',
  name: 'r/hello/database-backup:20261126t031700z',
  created: new Date('2026-11-26T03:17:00Z'),
  bytes: 8500,
};

test('what is lost is said before it is: the age, and the rows of each table', () => {
  const tables = [
    { name: 'public.orders', now: 12, backup: 10, lost: 2 },
    { name: 'public.prices', now: 3, backup: 3, lost: 0 },
    { name: 'public.new', now: 1, lost: 1 },
  ];
  expect(lossLines({ service: 'database', backup, secondsLost: 7200, tables }, true)).toEqual([
    'r/hello/database-backup:20261126t031700z, 8.5 kB',
    'What was written in the 2 h 0 min since 2026-11-26T03:17:00.000Z is not in it.',
    'public.orders: 12 rows now, 10 rows then',
    'public.prices: 3 rows now, 3 rows then, not the same',
    'public.new: 1 rows now, not there then',
    'What is there now is backed up before it is deleted.',
  ]);
});

test('data that cannot be read, no last backup, and a restoration that was broken off are said too', () => {
  expect(lossLines({ service: 'database', backup, secondsLost: 1 }, false).join('\n')).toMatch(
    /cannot be read[\s\S]*No backup is made/,
  );
  expect(lossLines({ service: 'database', backup, secondsLost: 1, silent: true }, true).at(-1)).toMatch(
    /does not answer: its volume is deleted/,
  );
  expect(lossLines({ service: 'database', secondsLost: 0, unfinished: 'r/b:1' }, true)).toEqual([
    'r/b:1 serves already: what it has replaced is still there and goes.',
    'What is there now is backed up before it is deleted.',
  ]);
});
