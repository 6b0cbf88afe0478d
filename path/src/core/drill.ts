import type { Problem } from './failure.ts';
import type { TrafficResult } from './handover.ts';

/** Every drill, in the order in which they are listed. */
export const drillNames = [
  'renew',
  'rollback',
  'restore',
  'rotate-database',
  'rotate-signing-key',
  'rotate-authority',
  'node-loss',
  'database-failover',
] as const;
export type DrillName = (typeof drillNames)[number];

/** What a drill found, by name. Never a secret. */
export type DrillFacts = Readonly<Record<string, string | number | boolean>>;

/**
 * What came of a drill. `passed`: it did what it is to show, and no request failed beyond what it allows; `failed`: it
 * did not; `not-possible`: this system has nothing that it could be tried on.
 */
export type DrillOutcome = 'passed' | 'failed' | 'not-possible';

/** One run of a drill. JSON can carry it. */
export interface DrillResult {
  readonly version: 1;
  readonly drill: DrillName;
  /** When it began and ended, ISO 8601. */
  readonly begun: string;
  readonly ended: string;
  /** `ann@workstation` */
  readonly by: string;
  readonly outcome: DrillOutcome;
  /** What came of it, in one short sentence. */
  readonly text: string;
  readonly facts: DrillFacts;
  /** What requests saw from before its first change until all was over; absent where none were sent. */
  readonly traffic?: TrafficResult;
  /** Why it failed. */
  readonly problems?: readonly Problem[];
}

/** How it stands with one drill: what it does, and its results, the newest first. */
export interface DrillState {
  readonly drill: DrillName;
  readonly summary: string;
  readonly results: readonly DrillResult[];
  /** When it passed last, ISO 8601; absent: never. */
  readonly passed?: string;
}
