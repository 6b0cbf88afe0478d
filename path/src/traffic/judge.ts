import type { Problem } from '../core/failure.ts';
import type { TrafficFailure, TrafficFigures, TrafficResult, TrafficSnapshot } from '../core/handover.ts';
import type { Rollout } from '../project/project.ts';

/** What a rollout may do to requests. */
export type TrafficLimits = Pick<Rollout, 'maxErrors' | 'maxLatency'>;

/** Failures that are never held against a share: one that was there anyway, and its neighbour. */
const forgiven = 2;

/** Seconds that a share is taken of at least: a rollout takes longer, and its failures come together. */
const least = 8;

/**
 * Whether requests fail, or are slow, beyond what is allowed. It holds while a rollout goes on as well as at its end:
 * a share is one of all requests of eight seconds even where there were fewer yet, so a tenth of failing ones is
 * seen after a second or two, and a single one never counts. What failed before the change at the same rate is not
 * held against it. Latency and the acknowledged rows are judged at the end alone, for only then they are known.
 * @returns what is wrong, with examples; undefined where all is well so far
 */
export function judgeTraffic(
  seen: TrafficSnapshot | TrafficResult,
  { maxErrors, maxLatency }: TrafficLimits,
): Problem | undefined {
  const { requests, failed, rate, url } = seen;
  const allowed =
    'share' in maxErrors
      ? Math.max(forgiven, maxErrors.share * Math.max(requests, rate * least))
      : maxErrors.count;
  if (failedSince(seen) > allowed)
    return {
      what: `${failed} of ${requests} requests failed since the change; ${allowedText(maxErrors)} allowed`,
      where: { object: url },
      next: 'Run `ptp logs` to see what the components say. Where the version before failed as well, write `rollout: { rate: 0 }` until it is gone.',
      details: examplesText(seen.examples),
    };
  if (!('sent' in seen)) return undefined;
  const { writes, latency } = seen;
  if (writes !== undefined && writes.missing > 0)
    return {
      what: `${writes.missing} of ${writes.checked} rows that were acknowledged are missing`,
      where: { object: url },
      next: 'Find out which version lost them before anything else is rolled out.',
    };
  if (maxLatency !== undefined && latency !== undefined && latency.p99 > maxLatency)
    return {
      what: `the slowest hundredth of the requests took ${Math.round(latency.p99)} ms or more; ${maxLatency} ms are allowed`,
      where: { object: url },
      next: 'Give the components more replicas or processor time, or raise `rollout.maxLatency`.',
    };
  return undefined;
}

/** How many requests have failed since the change, beyond what is expected to without it. */
export function failedSince({ requests, failed, quiet }: TrafficSnapshot): number {
  return failed - shareBefore(quiet) * requests;
}

/**
 * The share of requests that fails without the change. The quiet is short, so where anything failed in it the share may
 * well be greater than the one seen: it is the upper end of Wilson's interval (95 %), so that a version that mends what
 * fails is not blamed for it.
 */
function shareBefore({ requests, failed }: TrafficFigures): number {
  if (failed === 0) return 0;
  const z = 1.96;
  const share = failed / requests;
  const middle = share + z ** 2 / (2 * requests);
  const half = z * Math.sqrt((share * (1 - share)) / requests + z ** 2 / (4 * requests ** 2));
  return (middle + half) / (1 + z ** 2 / requests);
}

function allowedText(maxErrors: TrafficLimits['maxErrors']): string {
  if ('count' in maxErrors) return maxErrors.count === 0 ? 'none is' : `${maxErrors.count} are`;
  return `${Number((maxErrors.share * 100).toPrecision(6))} % are`;
}

/** `2.1 s: POST /api/ on a new connection: 503` */
function examplesText(examples: readonly TrafficFailure[]): readonly string[] {
  return examples.map(({ at, request, what }) => `${at.toFixed(1)} s: ${request}: ${what}`);
}
