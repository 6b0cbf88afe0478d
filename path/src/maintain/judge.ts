import type { Problem } from '../core/failure.ts';
import type { TrafficResult } from '../core/handover.ts';

/** What is wrong with what requests saw of a drill that no user is to notice; undefined where nothing is. */
export function judgeDrill({ url, requests, failed, examples, writes }: TrafficResult): Problem | undefined {
  if (failed > 0)
    return {
      what: `${failed} of ${requests} requests failed meanwhile; none may`,
      where: { object: url },
      next: 'Run `ptp logs` to see what the components say.',
      details: examples.map(({ at, request, what }) => `${at.toFixed(1)} s: ${request}: ${what}`),
    };
  if (writes !== undefined && writes.missing > 0)
    return {
      what: `${writes.missing} of ${writes.checked} rows that were acknowledged are missing`,
      where: { object: url },
      next: 'Find out what lost them before this is done again.',
    };
  return undefined;
}
