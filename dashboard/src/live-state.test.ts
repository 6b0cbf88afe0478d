import { expect, test } from 'vitest';
import type { Topology } from '../../path/src/ui/model.ts';
import { nothingYet, withEvent } from './live-state.ts';

const topology = (total: number, failed = 0, seconds = 0): Topology => ({
  parts: [
    {
      name: 'web',
      kind: 'component',
      text: '',
      ready: 1,
      wanted: 1,
      restarts: 0,
      pods: [],
      requests: { total, failed, seconds },
    },
  ],
  links: [{ from: 'users', to: 'web', text: 'https' }],
});

test('what flows is the difference of counters over the time between them', () => {
  const first = withEvent(nothingYet, 'topology', topology(100, 1, 2), 0);
  expect(first.flows).toEqual({});
  const second = withEvent(first, 'topology', topology(180, 3, 2.4), 2000);
  expect(second.flows.web).toEqual({ rate: 40, failing: 1, mean: expect.closeTo(5) });
  expect(second.history).toEqual([40]);
});

test('pods that change between two looks, and counters that went with a pod, tell nothing of what flows', () => {
  const first = withEvent(nothingYet, 'topology', topology(100), 0);
  expect(withEvent(first, 'topology', topology(101), 300).flows).toEqual({});
  expect(withEvent(first, 'topology', topology(10), 2000).flows).toEqual({});
});

test('trouble is told until something is seen again', () => {
  const troubled = withEvent(nothingYet, 'trouble', 'no answer', 0);
  expect(troubled.trouble).toBe('no answer');
  expect(withEvent(troubled, 'topology', topology(1), 0).trouble).toBe('');
});
