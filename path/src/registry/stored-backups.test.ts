import { expect, test } from 'vitest';
import { backupTags } from './stored-backups.ts';

test('backups are what is called by a moment, the newest first; what a restoration replaced is told apart', () => {
  const tags = [
    '20261126t031700z',
    'latest',
    '20261127t000000z',
    '20261126t235959z-replaced',
    'x20301126t031700z',
  ];
  expect(backupTags(tags)).toEqual([
    { tag: '20261127t000000z', created: new Date('2026-11-27T00:00:00Z'), replaced: false },
    { tag: '20261126t235959z-replaced', created: new Date('2026-11-26T23:59:59Z'), replaced: true },
    { tag: '20261126t031700z', created: new Date('2026-11-26T03:17:00Z'), replaced: false },
  ]);
  expect(backupTags(['latest', '20261399t000000z'])).toEqual([]);
});
