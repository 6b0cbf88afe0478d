import { expect, test } from 'vitest';
import { newestPatch } from './newest.ts';
import { outdatedOf } from './npm-newer.ts';

test('what npm finds behind is read, whether one or several depend on it', () => {
  const found = { current: '8.12.4', wanted: '8.12.4', latest: '8.13.1', dependent: 'gateway' };
  const text = JSON.stringify({ pg: { ...found, latest: '8.12.5' }, undici: [found, found] });
  expect(outdatedOf(text)).toEqual([
    { name: 'pg', current: '8.12.4', latest: '8.12.5' },
    { name: 'undici', current: '8.12.4', latest: '8.13.1' },
  ]);
  expect(outdatedOf('')).toEqual([]);
});

test('what is not installed, or has no version, is left out', () => {
  expect(outdatedOf('{"a":{"latest":"1.0.0"},"b":{"current":"git","latest":"1.0.0"}}')).toEqual([]);
});

test('only a newer patch version is taken, and of several the newest', () => {
  expect(newestPatch('8.12.4', ['8.12.5', '8.12.7', '8.13.0', '9.0.0'])).toBe('8.12.7');
  expect(newestPatch('8.12.4', ['8.12.4', '8.12.3', '8.13.0'])).toBeUndefined();
  expect(newestPatch('8.12.4', ['8.12.5-rc.1'])).toBeUndefined();
});
