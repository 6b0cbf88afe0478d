import { expect, test } from 'vitest';
import type { DrillOutcome, DrillResult } from '../core/drill.ts';
import { kept, parseResults, stateOf, withResult } from './results.ts';

const result = (day: number, outcome: DrillOutcome): DrillResult => ({
  version: 1,
  drill: 'renew',
  begun: `2026-11-${String(day).padStart(2, '0')}T10:00:00.000Z`,
  ended: `2026-11-${String(day).padStart(2, '0')}T10:00:05.000Z`,
  by: 'ann@here',
  outcome,
  text: 'it went',
  facts: { seconds: 5 },
});

test('the newest result comes first, and so many are kept', () => {
  const all = Array.from({ length: 20 }, (_, index) => result(index + 1, 'passed')).reduce<
    readonly DrillResult[]
  >(withResult, []);
  expect(all).toHaveLength(kept);
  expect(all[0]).toEqual(result(20, 'passed'));
});

test('the last result that passed is kept however many have failed since', () => {
  const failures = Array.from({ length: 30 }, (_, index) => result(index + 2, 'failed'));
  const all = failures.reduce<readonly DrillResult[]>(withResult, [result(1, 'passed')]);
  expect(all).toHaveLength(kept + 1);
  expect(stateOf('renew', 'anew', all).passed).toBe(result(1, 'passed').ended);
});

test('what was written is read, and what is no result is left out', () => {
  const all = withResult([], result(1, 'failed'));
  expect(parseResults(JSON.stringify(all))).toEqual(all);
  expect(parseResults(JSON.stringify([...all, { drill: 'renew' }, 3]))).toEqual(all);
  for (const text of [undefined, '', '{}', 'null', '[']) expect(parseResults(text)).toEqual([]);
});

test('a drill that never passed has no date', () => {
  expect(stateOf('renew', 'anew', [result(1, 'not-possible'), result(2, 'failed')])).not.toHaveProperty(
    'passed',
  );
});
