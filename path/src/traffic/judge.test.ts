import { expect, test } from 'vitest';
import type { TrafficResult, TrafficSnapshot } from '../core/handover.ts';
import { judgeTraffic } from './judge.ts';

const none = { requests: 0, failed: 0 };

function seen(requests: number, failed: number, quiet = none): TrafficSnapshot {
  return {
    url: 'https://shop.localhost',
    rate: 40,
    seconds: requests / 40,
    requests,
    failed,
    failures: {},
    examples: [],
    kinds: {},
    connections: { kept: 0, fresh: 0 },
    superseded: 0,
    quiet,
  };
}

function whole(more: Partial<TrafficResult>): TrafficResult {
  return { ...seen(600, 0), sent: 40, drained: true, processor: 0.1, ...more } as TrafficResult;
}

const half = { maxErrors: { share: 0.005 } };
const latency = { p50: 5, p90: 10, p99: 200, p999: 400, max: 500 };

test.each([
  ['nothing failed', seen(600, 0), false],
  ['one of ten, which says nothing', seen(10, 1), false],
  ['two of ten', seen(10, 2), false],
  ['three in the first second', seen(40, 3), true],
  ['as many as are allowed of all', seen(600, 3), false],
  ['a tenth, after a second', seen(40, 4), true],
  ['a tenth, after five seconds', seen(200, 20), true],
  ['few, of many', seen(4000, 20), false],
  ['too many, of many', seen(4000, 21), true],
  ['as many as before the change', seen(600, 60, { requests: 40, failed: 4 }), false],
  ['as few in a short quiet lets one expect', seen(191, 17, { requests: 14, failed: 1 }), false],
  ['far more than before the change', seen(600, 200, { requests: 40, failed: 4 }), true],
  ['all, whatever failed before', seen(600, 600, { requests: 40, failed: 20 }), true],
])('a share: %s', (_, given, wrong) => {
  expect(judgeTraffic(given, half) !== undefined).toBe(wrong);
});

test('a number is kept to exactly, the smallest too', () => {
  expect(judgeTraffic(seen(10, 0), { maxErrors: { count: 0 } })).toBeUndefined();
  expect(judgeTraffic(seen(10, 1), { maxErrors: { count: 0 } })?.what).toMatch(/1 of 10 .* none is allowed/);
  expect(judgeTraffic(seen(9000, 5), { maxErrors: { count: 5 } })).toBeUndefined();
  expect(judgeTraffic(seen(10, 6), { maxErrors: { count: 5 } })).toBeDefined();
});

test('latency counts where a limit is named, and only at the end', () => {
  expect(judgeTraffic(whole({ latency }), half)).toBeUndefined();
  expect(judgeTraffic(whole({ latency }), { ...half, maxLatency: 200 })).toBeUndefined();
  expect(judgeTraffic(whole({ latency }), { ...half, maxLatency: 199 })?.what).toMatch(/200 ms/);
  expect(judgeTraffic({ ...seen(600, 0), latency }, { ...half, maxLatency: 199 })).toBeUndefined();
});

test('one missing row is too many, and one that could not be read is not missing', () => {
  const writes = { acknowledged: 90, checked: 90, missing: 0, unread: 4 };
  expect(judgeTraffic(whole({ writes }), half)).toBeUndefined();
  expect(judgeTraffic(whole({ writes: { ...writes, missing: 1 } }), half)?.what).toMatch(/1 of 90 rows/);
});
