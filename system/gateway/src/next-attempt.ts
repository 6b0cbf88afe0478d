import type { ErrorKind } from './upstream-error.ts';

/** What is known about an attempt that got no answer. */
export interface FailedAttempt {
  readonly kind: ErrorKind;
  /** Whether the request has no effect, so that it may be sent any number of times. */
  readonly safe: boolean;
  /** Whether it was on a kept-alive connection; only safe requests are. */
  readonly reusing: boolean;
  /** Whether sending began. */
  readonly sent: boolean;
  /** How many attempts were made after a pause so far. */
  readonly pauses: number;
}

/**
 * Waits before a connection is tried again, in milliseconds; there are as many further attempts. Each may be led to
 * another server behind the name: where one of two is gone and that is not known yet, one request in 128 finds only it.
 */
const PAUSES: readonly number[] = [20, 50, 100, 200, 400, 400];

/** What can be otherwise with the next connection. */
const NOT_CONNECTED: readonly ErrorKind[] = [
  'refused',
  'unreachable',
  'connect-timeout',
  'closed',
  'no-port',
  'no-name-server',
];

/**
 * Decides whether another attempt can do no harm and may be of use.
 * @returns how long to wait before it, in milliseconds, or undefined for no other attempt
 */
export function pauseBeforeNext(attempt: FailedAttempt): number | undefined {
  const { kind, safe, reusing, sent, pauses } = attempt;
  // A kept-alive connection closed under a safe request, or had something on it that belongs to no request (some
  // servers say 408 before they close): at once, on a connection that was never idle.
  if (reusing && (kind === 'closed' || kind === 'malformed')) return 0;
  // An upstream that restarts closes new connections too. Once only: the request itself may be what ends it.
  if (sent) return safe && kind === 'closed' && pauses === 0 ? PAUSES[0] : undefined;
  // No connection came about, so nothing was sent: whatever the method, another attempt is safe.
  return NOT_CONNECTED.includes(kind) ? PAUSES[pauses] : undefined;
}
