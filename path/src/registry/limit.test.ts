import { expect, test } from 'vitest';
import { limit } from './limit.ts';

test('no more pieces run at once than allowed, all are done, and a failure frees its place', async () => {
  const inTurn = limit(2);
  let running = 0;
  let most = 0;
  const piece = (number: number) =>
    inTurn(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      if (number === 1) throw new Error('one');
      return number;
    });
  const results = await Promise.allSettled([0, 1, 2, 3, 4, 5].map(piece));
  expect(most).toBe(2);
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    ...Array(4).fill('fulfilled'),
  ]);
});
