import pino, { type DestinationStream, type Logger } from 'pino';

/** One request, as the log tells it: no path, no query and no header, as they may hold secrets. */
export interface RequestRecord {
  readonly method: string;
  readonly route: string;
  /** 499 when the client went away before it was answered. */
  readonly status: number;
  readonly durationMs: number;
  readonly requestId: string;
  readonly traceId: string | undefined;
  /** Bytes of the response's body that were sent. */
  readonly bytes: number;
  /** Further attempts that were made, if any. */
  readonly retries?: number;
  /** Why it failed, if it did. */
  readonly error?: string;
}

/** Where the log goes. */
export interface Log {
  readonly logger: Logger;
  /** Writes out what is still held back; call it before the process ends. */
  flush(): void;
}

/**
 * Opens the log: a JSON object on each line of the standard output, or of a stream given by a test.
 * Lines are written together, at most a second late, which saves most of the cost.
 */
export function openLog(level: string, stream?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (stream !== undefined) return { logger: pino(options, stream), flush: () => {} };
  const destination = pino.destination({ sync: false, minLength: 8192, periodicFlush: 1000 });
  return { logger: pino(options, destination), flush: () => destination.flushSync() };
}
