import { createHistogram } from 'node:perf_hooks';
import type {
  Latency,
  TrafficFailure,
  TrafficFailureKind,
  TrafficFigures,
  TrafficKind,
  TrafficSnapshot,
} from '../core/handover.ts';
import type { Connection } from './send.ts';

/** Counts what came of requests. */
export interface Tally {
  answered(kind: TrafficKind, connection: Connection, milliseconds: number): void;
  /** Answered as far as users are concerned, by another version than the one that was asked. */
  superseded(kind: TrafficKind, connection: Connection, milliseconds: number): void;
  failed(kind: TrafficKind, connection: Connection, failure: TrafficFailure): void;
  figures(): TrafficFigures;
  /** When the last request that failed was due, as `at` of its failure says it. */
  lastFailedAt(): number | undefined;
  details(): Pick<TrafficSnapshot, 'failures' | 'examples' | 'kinds' | 'connections' | 'superseded'>;
}

/** How many failures are kept as they were. */
const most = 8;

export function tally(): Tally {
  const all = part();
  const parts = new Map<TrafficKind, Part>();
  const failures: Partial<Record<TrafficFailureKind, number>> = {};
  const examples: TrafficFailure[] = [];
  const connections = { kept: 0, fresh: 0 };
  let superseded = 0;
  let lastFailedAt: number | undefined;
  const both = (kind: TrafficKind) => {
    const own = parts.get(kind) ?? part();
    parts.set(kind, own);
    return [all, own];
  };
  const answered = (kind: TrafficKind, connection: Connection, milliseconds: number): void => {
    connections[connection] += 1;
    for (const each of both(kind)) each.answered(milliseconds);
  };
  return {
    answered,
    superseded(kind, connection, milliseconds) {
      superseded += 1;
      answered(kind, connection, milliseconds);
    },
    failed(kind, connection, failure) {
      connections[connection] += 1;
      for (const each of both(kind)) each.failed();
      lastFailedAt = Math.max(lastFailedAt ?? 0, failure.at);
      failures[failure.kind] = (failures[failure.kind] ?? 0) + 1;
      if (examples.length < most) examples.push(failure);
    },
    figures: () => all.figures(),
    lastFailedAt: () => lastFailedAt,
    details: () => ({
      failures: { ...failures },
      examples: [...examples],
      kinds: Object.fromEntries([...parts].map(([kind, own]) => [kind, own.figures()])),
      connections: { ...connections },
      superseded,
    }),
  };
}

interface Part {
  answered(milliseconds: number): void;
  failed(): void;
  figures(): TrafficFigures;
}

/**
 * Latencies stand in a histogram of Node's own, which is HdrHistogram: three digits of each are kept whatever their
 * size, and recording one costs nothing worth counting.
 */
function part(): Part {
  // Microseconds, up to ten minutes.
  const histogram = createHistogram({ lowest: 1, highest: 600_000_000, figures: 3 });
  let failed = 0;
  return {
    answered: (milliseconds) => histogram.record(Math.max(1, Math.round(milliseconds * 1000))),
    failed: () => {
      failed += 1;
    },
    figures: () => {
      const answered = Number(histogram.count);
      const at = (percent: number): number => rounded(histogram.percentile(percent));
      const latency: Latency = {
        p50: at(50),
        p90: at(90),
        p99: at(99),
        p999: at(99.9),
        max: rounded(histogram.max),
      };
      return { requests: answered + failed, failed, ...(answered === 0 ? {} : { latency }) };
    },
  };
}

/** Microseconds as milliseconds with two digits. */
function rounded(microseconds: number): number {
  return Math.round(microseconds / 10) / 100;
}
