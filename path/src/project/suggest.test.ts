import fc from 'fast-check';
import { expect, test } from 'vitest';
import { closest, editDistance, suggestion } from './suggest.ts';

test('one slip of the finger still finds the key', () => {
  const keys = ['source', 'route', 'replicas', 'resources', 'port'];
  expect(closest('soruce', keys)).toBe('source');
  expect(closest('Ports', keys)).toBe('port');
  expect(closest('replica', keys)).toBe('replicas');
  expect(closest('dockerfile', keys)).toBeUndefined();
  expect(closest('x', ['y'])).toBeUndefined();
});

test('where nothing is near, everything known is listed', () => {
  expect(suggestion('volumes', ['env', 'files'])).toBe('Known here: env, files.');
});

test('the distance is a metric: zero for itself, the same both ways, never above the longer word', () => {
  const word = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, a)).toBe(0);
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      if (a !== b) expect(editDistance(a, b)).toBeGreaterThan(0);
    }),
  );
});
