import { expect, test } from 'vitest';
import type { TrafficResult } from '../core/handover.ts';
import { judgeSudden } from './node-loss.ts';

const seen = (more: Partial<TrafficResult>): TrafficResult => ({
  url: 'https://shop.localhost',
  rate: 100,
  seconds: 90,
  requests: 9000,
  failed: 40,
  failures: { timeout: 40 },
  examples: [],
  kinds: {},
  connections: { kept: 4500, fresh: 4500 },
  superseded: 0,
  quiet: { requests: 100, failed: 0 },
  sent: 100,
  drained: true,
  processor: 1,
  ...more,
});
const drilled = { facts: { node: 'node2', sudden: true } };

test('a node that stops without warning may cost requests for a minute, and no longer', () => {
  expect(judgeSudden(seen({ lastFailed: 42.5 }), drilled)).toBeUndefined();
  expect(judgeSudden(seen({ lastFailed: 60.1 }), drilled)).toMatchObject({
    what: 'requests failed until 60.1 s after node2 had stopped; 60 s are borne',
    details: ['40 of 9000 requests failed'],
  });
});

test('it may not cost a row that was acknowledged', () => {
  const writes = { acknowledged: 300, checked: 300, missing: 1, unread: 0 };
  expect(judgeSudden(seen({ lastFailed: 1, writes }), drilled)?.what).toContain('rows');
});
