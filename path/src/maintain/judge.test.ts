import { expect, test } from 'vitest';
import type { TrafficResult } from '../core/handover.ts';
import { judgeDrill } from './judge.ts';

const seen: TrafficResult = {
  url: 'https://shop.localhost',
  rate: 100,
  seconds: 10,
  requests: 1000,
  failed: 0,
  failures: {},
  examples: [],
  kinds: {},
  connections: { kept: 500, fresh: 500 },
  superseded: 0,
  quiet: { requests: 100, failed: 0 },
  sent: 100,
  drained: true,
  processor: 1,
  writes: { acknowledged: 300, checked: 300, missing: 0, unread: 0 },
};

test('a single request that failed is too many, and is told as it was', () => {
  expect(judgeDrill(seen)).toBeUndefined();
  const examples = [
    { at: 2.14, request: 'POST /api/ on a new connection', kind: '5xx', what: '503' },
  ] as const;
  expect(judgeDrill({ ...seen, failed: 1, examples })).toMatchObject({
    what: '1 of 1000 requests failed meanwhile; none may',
    details: ['2.1 s: POST /api/ on a new connection: 503'],
  });
});

test('a row that was acknowledged and is missing is too many', () => {
  const writes = { acknowledged: 300, checked: 300, missing: 1, unread: 0 };
  expect(judgeDrill({ ...seen, writes })?.what).toContain('1 of 300 rows');
});
