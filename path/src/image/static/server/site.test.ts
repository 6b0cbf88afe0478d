import { expect, test } from 'vitest';
import { isHashed } from './site.ts';

test.each([
  '/assets/index-B3xYa9kQ.js',
  '/assets/index-B3x-_9kQ.css',
  '/assets/fonts/inter-DkVx1a2b.woff2',
  '/assets/index-B3xYa9kQ.js.map',
  '/assets/app-0123456789abcdef.js',
])('%s is hashed', (path) => {
  expect(isHashed(path)).toBe(true);
});

test.each([
  '/index-B3xYa9kQ.js',
  '/assets/index.js',
  '/assets/icon-download.svg',
  '/assets/photo-20260101.jpg',
  '/assets/index-B3xYa9k.js',
  '/assets/index-B3xYa9kQ',
  '/other/assets/index-B3xYa9kQ.js',
  '/assets/-B3xYa9kQ/a.js',
])('%s is not', (path) => {
  expect(isHashed(path)).toBe(false);
});
