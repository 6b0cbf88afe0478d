import { expect, test } from 'vitest';
import { summary } from './change-set.ts';
import { hashOf } from './hash.ts';

test('a summary counts each kind of change and leaves out what did not happen', () => {
  const entry = (change: 'created' | 'unchanged') => ({ change, object: 'x' });
  expect(summary([entry('unchanged'), entry('created'), entry('unchanged')])).toBe('1 created, 2 unchanged');
  expect(summary([])).toBe('nothing');
});

test('a hash depends on what is there, not on the order of keys', () => {
  expect(hashOf({ a: 1, b: { c: [1, 2], d: undefined } })).toBe(hashOf({ b: { c: [1, 2] }, a: 1 }));
  expect(hashOf({ a: [1, 2] })).not.toBe(hashOf({ a: [2, 1] }));
});
