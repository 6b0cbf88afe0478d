import { expect, test } from 'vitest';
import { blotOut } from './redact.ts';

test('a value is blotted out plain, in a URL and in base64', () => {
  const value = 'p@ss/word+1';
  const line = `plain ${value} url ${encodeURIComponent(value)} base64 ${Buffer.from(value).toString('base64')}`;
  expect(blotOut([value])(line)).toBe('plain [redacted] url [redacted] base64 [redacted]');
});

test('a value that contains another is blotted out whole', () => {
  expect(blotOut(['secret', 'secret-and-more'])('x secret-and-more y')).toBe('x [redacted] y');
});

test('short values stay: they would blot out words that mean nothing', () => {
  expect(blotOut(['5432', ''])('port 5432')).toBe('port 5432');
});
