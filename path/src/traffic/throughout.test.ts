import { expect, test } from 'vitest';
import { overloaded } from './throughout.ts';

const latency = { p50: 5, p90: 20, p99: 80, p999: 90, max: 100 };

test('a system that bears the rate is not overloaded', () => {
  expect(overloaded({ requests: 100, failed: 0, latency }, 130)).toBeUndefined();
});

test('one that fails requests, answers late, or falls behind is', () => {
  expect(overloaded({ requests: 100, failed: 1, latency }, 130)).toBe('1 of 100 requests failed');
  expect(overloaded({ requests: 40, failed: 0, latency }, 130)).toBe('only 40 of 130 requests were answered');
  expect(overloaded({ requests: 100, failed: 0, latency: { ...latency, p99: 2400 } }, 130)).toContain(
    '2400 ms',
  );
});
