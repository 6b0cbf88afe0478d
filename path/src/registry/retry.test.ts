import { expect, test } from 'vitest';
import { retryAfter } from './retry.ts';

const now = new Date('2026-01-01T00:00:00Z');

test.each([
  [undefined, undefined],
  ['0', 0],
  ['30', 30_000],
  ['Thu, 01 Jan 2026 00:00:05 GMT', 5_000],
  ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
  ['soon', undefined],
])('Retry-After: %s', (value, expected) => {
  expect(retryAfter(value, now)).toBe(expected);
});
