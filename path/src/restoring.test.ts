import { expect, test } from 'vitest';
import { tagOf } from './restoring.ts';

test('a moment is named as backups are called, or in ISO 8601', () => {
  expect(tagOf('2026-11-26T03:17:00Z')).toBe('20261126t031700z');
  expect(tagOf('2026-11-26T03:17:00.000Z')).toBe('20261126t031700z');
  expect(tagOf('20261126t031700z')).toBe('20261126t031700z');
  expect(tagOf('20261126T031700Z-replaced')).toBe('20261126t031700z-replaced');
});
