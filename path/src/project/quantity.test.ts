import { expect, test } from 'vitest';
import { quantity } from './quantity.ts';

test.each([
  ['250m', 0.25],
  ['1', 1],
  ['0.5', 0.5],
  ['.5', 0.5],
  ['128Mi', 134_217_728],
  ['1Gi', 1_073_741_824],
  ['1G', 1e9],
  ['1E', 1e18],
  ['1e3', 1000],
  ['12E2', 1200],
])('%s is %d', (text, value) => {
  expect(quantity(text)).toBe(value);
});

test.each(['', '1GB', '1 Gi', '-1', '0', 'Mi', '1mi', '1.2.3', '0x10', 'Infinity', '1e999'])(
  '%j is no quantity',
  (text) => {
    expect(quantity(text)).toBeUndefined();
  },
);
