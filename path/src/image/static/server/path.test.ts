import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPath } from './path.ts';

test.each([
  ['/', '/'],
  ['/?a=/../b', '/'],
  ['/a/b.js?v=1', '/a/b.js'],
  ['/a#b', '/a'],
  ['/caf%C3%A9.txt', '/café.txt'],
  ['/a%20b', '/a b'],
  ['/a%252e', '/a%2e'],
  ['http://example.com/a?b', '/a'],
  ['https://example.com', '/'],
  ['https://example.com?x', '/'],
  ['//a', '//a'],
])('%s is %s', (target, path) => {
  expect(readPath(target)).toBe(path);
});

test.each([
  '',
  '*',
  'a',
  '/..',
  '/../etc/passwd',
  '/a/../b',
  '/./a',
  '/%2e%2e/etc/passwd',
  '/.%2E/a',
  '/a%2fb',
  '/a%2F..%2Fb',
  '/a\\b',
  '/..%5cb',
  '/a%00.js',
  '/a%0d%0ab',
  '/a%7F',
  '/%',
  '/%zz',
  '/%c0%af',
])('%j is refused', (target) => {
  expect(readPath(target)).toBeUndefined();
});

test('what is accepted has no segment that leads elsewhere, and no byte that a file system reads otherwise', () => {
  const piece = fc.constantFrom(
    '/',
    '.',
    '..',
    '%2e',
    '%2f',
    '%5c',
    '\\',
    '%00',
    'a',
    '%',
    '?',
    '#',
    'http://h',
    '%C3%A9',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const path = readPath(pieces.join(''));
      if (path === undefined) return;
      expect(path.startsWith('/')).toBe(true);
      expect(path.split('/')).not.toContain('..');
      expect(path.split('/')).not.toContain('.');
      expect(path).not.toMatch(/[\\\0]/);
    }),
  );
});
