import { type Agent, request } from 'undici';
import type { Route, TrafficFailureKind } from '../core/handover.ts';
import { throughDoor } from '../effects/public-door.ts';

/** What to ask for. */
export interface Ask {
  readonly method: 'GET' | 'POST';
  /** Below the route's URL. */
  readonly path: string;
  /** Take this many milliseconds for a body of that many bytes, as a slow client would. */
  readonly slowly?: { readonly milliseconds: number; readonly bytes: number };
}

/** An answer, read to its end. */
export interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body's beginning; all of it where it is no longer than `kept`. */
  readonly body: string;
  /** Bytes of the whole body. */
  readonly bytes: number;
  /** When the headers were there (performance.now). */
  readonly headersAt: number;
}

/** How a request failed. */
export interface Failed {
  readonly kind: TrafficFailureKind;
  readonly what: string;
}

/** On which connection a request goes: one that was used before and is kept, or a new one that ends with it. */
export type Connection = 'kept' | 'fresh';

/** Sends requests through a route's public door. */
export interface Sender {
  /** @param patience milliseconds until it is given up */
  send(ask: Ask, connection: Connection, patience: number): Promise<Seen>;
  close(): Promise<void>;
}

/** Bytes of a body that are looked at: pages and rows are far smaller. */
const kept = 256 * 1024;

export function sender(route: Route): Sender {
  // Each request has a patience of its own, which is shorter.
  const options = { headersTimeout: 0, bodyTimeout: 0 } as const;
  const agents: Readonly<Record<Connection, Agent>> = {
    kept: throughDoor(route, options),
    // Those who come for the first time have no TLS session to take up again.
    fresh: throughDoor(route, { ...options, maxCachedSessions: 0, connect: { maxCachedSessions: 0 } }),
  };
  return {
    async send({ method, path, slowly }, connection, patience) {
      const answer = await request(new URL(path, route.url), {
        method,
        dispatcher: agents[connection],
        reset: connection === 'fresh',
        headers: { accept: '*/*', 'user-agent': 'ptp traffic' },
        signal: AbortSignal.timeout(Math.max(1, Math.ceil(patience))),
      });
      const headersAt = performance.now();
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        if (bytes < kept) chunks.push(chunk.subarray(0, kept - bytes));
        bytes += chunk.length;
        if (slowly === undefined) continue;
        await pause((slowly.milliseconds * chunk.length) / Math.max(1, slowly.bytes));
      }
      const body = Buffer.concat(chunks).toString();
      return { status: answer.statusCode, headers: answer.headers, body, bytes, headersAt };
    },
    async close() {
      await Promise.all([agents.kept.destroy(), agents.fresh.destroy()]);
    },
  };
}

/** What an error of `send` means for the one who asked. */
export function failureOf(error: unknown): Failed {
  // Connecting to several addresses fails with all their errors in one.
  if (error instanceof AggregateError && error.errors.length > 0) return failureOf(error.errors[0]);
  const { name = '', message = String(error), code: given } = error as NodeJS.ErrnoException;
  // A DOMException's code is a number that says nothing.
  const code = typeof given === 'string' ? given : '';
  const what = (code || message || name).slice(0, 200);
  if (name === 'TimeoutError' || /TIMEOUT|ETIMEDOUT/.test(code)) return { kind: 'timeout', what };
  if (code === 'ECONNREFUSED') return { kind: 'refused', what };
  if (code === 'UND_ERR_SOCKET') return { kind: 'reset', what: message.slice(0, 200) };
  if (/^(ECONNRESET|EPIPE|UND_ERR_RES_CONTENT_LENGTH_MISMATCH)$/.test(code)) return { kind: 'reset', what };
  if (/TLS|SSL|CERT|SIGNATURE|EPROTO/.test(code)) return { kind: 'tls', what };
  return { kind: 'other', what };
}

/** What a status means that should have been another one. */
export function wrongStatus(status: number): Failed {
  const kind = status >= 500 ? '5xx' : status >= 400 ? '4xx' : 'content';
  return { kind, what: String(status) };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
