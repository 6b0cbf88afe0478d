import { type Problem, StepFailed } from '../core/failure.ts';
import type { Clock } from '../effects/clock.ts';

/** A failure that may go away by itself: a broken connection, a registry that is overloaded. */
export class TemporaryFailure extends StepFailed {
  /** Milliseconds that the registry asks to wait. */
  readonly retryAfter: number | undefined;

  constructor(
    problem: Problem,
    options: { readonly retryAfter?: number | undefined; readonly cause?: unknown },
  ) {
    super(problem, { cause: options.cause });
    this.retryAfter = options.retryAfter;
  }
}

/** How work is tried again. */
export interface RetryOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called before a wait, with its milliseconds. */
  readonly onWait?: (milliseconds: number, failure: TemporaryFailure) => void;
}

const attempts = 5;
const firstWait = 300;
const longestAsked = 120_000;

/**
 * Does work again while it fails temporarily, at most five times, with waits that double and are jittered, or as long
 * as the registry asks. Throws the last failure; at once where the registry asks for more than two minutes.
 */
export async function retrying<T>(options: RetryOptions, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TemporaryFailure) || attempt === attempts) throw error;
      if ((error.retryAfter ?? 0) > longestAsked) throw error;
      const backOff = firstWait * 2 ** (attempt - 1) * (0.5 + Math.random());
      const wait = Math.max(error.retryAfter ?? 0, backOff);
      options.onWait?.(wait, error);
      await options.clock.sleep(wait, options.signal);
    }
  }
}

/** The milliseconds of a `Retry-After` header (RFC 9110, section 10.2.3): seconds, or a date. */
export function retryAfter(value: string | undefined, now: Date): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value.trim()) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime());
}
