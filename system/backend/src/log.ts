import { type DestinationStream, type Logger, pino } from 'pino';

/**
 * Makes the log: one JSON object a line on the standard output. Errors show as type, message, SQLSTATE and
 * cause, nothing else: drivers hang much on an error, and a message with a stack once a request is too much.
 */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { app: 'backend' },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describe },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

interface Described {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly at?: string;
  readonly cause?: Described;
}

function describe(error: unknown): Described {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an error' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  // The innermost place alone is enough to find it, and keeps the line short.
  const at = /\n\s+at (.*)/.exec(error.stack ?? '')?.[1];
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  return {
    type: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(at === undefined ? {} : { at }),
    ...(inner === undefined ? {} : { cause: describe(inner) }),
  };
}
