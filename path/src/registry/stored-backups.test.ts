import { expect, test } from 'vitest';
import { newestTag } from './stored-backups.ts';

test('the newest backup is the one whose moment comes last; other tags are none', () => {
  expect(
    newestTag(['20261126t031700z', 'latest', '20261127t000000z', '20261126t235959z', 'x20301126t031700z']),
  ).toBe('20261127t000000z');
  expect(newestTag(['latest'])).toBeUndefined();
});
