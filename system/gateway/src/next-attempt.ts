import type { ErrorKind } from './upstream-error.ts';

/** What is known about an attempt that got no answer. */
export interface FailedAttempt {
  readonly kind: ErrorKind;
  /** Whether it was on a kept-alive connection; only requests that may be sent twice are. */
  readonly reusing: boolean;
  /** Whether sending began. */
  readonly sent: boolean;
  /** How many attempts were made after a pause so far. */
  readonly pauses: number;
}

/** Waits before a connection is tried again, in milliseconds; there are as many further attempts. */
const PAUSES: readonly number[] = [20, 100];

/**
 * Decides whether another attempt can do no harm and may be of use.
 * @returns how long to wait before it, in milliseconds, or undefined for no other attempt
 */
export function pauseBeforeNext({ kind, reusing, sent, pauses }: FailedAttempt): number | undefined {
  // The connection closed under a request that may be sent twice: at once, on one that was never idle.
  if (kind === 'closed' && reusing) return 0;
  if (sent) return undefined;
  // No connection came about, so nothing was sent: whatever the method, another attempt is safe.
  if (kind !== 'refused' && kind !== 'unreachable' && kind !== 'closed' && kind !== 'no-port')
    return undefined;
  return PAUSES[pauses];
}
