import type { SystemHealth } from './health.ts';

/** What the monitoring says, and what it would tell of. */
export interface Watching {
  readonly health: SystemHealth;
  /** Every rule that tells somebody, as it follows from ptp.yaml. */
  readonly rules: readonly WatchedRule[];
  /** What was measured at the door over the last hour; absent: nothing yet, or the monitoring does not answer. */
  readonly lastHour?: {
    /** A second, those of the probe among them. */
    readonly requests: number;
    /** The share of requests that kept each promise, 0 to 1. */
    readonly kept: Readonly<Partial<Record<'availability' | 'latency', number>>>;
  };
}

/** A rule that tells somebody, and how the monitoring has it. */
export interface WatchedRule {
  readonly name: string;
  readonly severity: 'page' | 'ticket';
  readonly summary: string;
  readonly runbook: string;
  /** Absent: the monitoring does not have it, or does not answer. */
  readonly live?: {
    /** As it is asked for. */
    readonly query: string;
    /** Seconds that it has to be so. */
    readonly for: number;
    readonly state: string;
    /** ISO 8601: when it was last looked at. */
    readonly evaluated: string;
    /** Why it cannot be looked at; absent: it can. */
    readonly error?: string;
  };
}
