import { Agent, request } from 'undici';
import type { Route } from '../core/handover.ts';

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Sends requests to a route as its users' browsers would. */
export interface Browser {
  /** @param path below the route's URL, or an absolute URL */
  send(method: 'GET' | 'POST', path: string, signal?: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

/**
 * Goes through the public door: the name is the route's (in Host and SNI, and verified in the certificate), its
 * address is the entry's where there is one and else what DNS says, and the authority is the route's own.
 */
export function browse(route: Route): Browser {
  const { entry, authority } = route;
  const agent = new Agent({
    allowH2: false,
    connect: {
      ...(authority === undefined ? {} : { ca: authority }),
      ...(entry === undefined
        ? {}
        : {
            lookup: (_name, options, answer) => {
              const family = entry.address.includes(':') ? 6 : 4;
              if (options.all === true) answer(null, [{ address: entry.address, family }]);
              else answer(null, entry.address, family);
            },
          }),
    },
    // Slow is not broken: a machine with other work takes its time.
    headersTimeout: 30_000,
    bodyTimeout: 30_000,
  });
  return {
    send: async (method, path, signal) => {
      const { statusCode, headers, body } = await request(new URL(path, route.url), {
        method,
        dispatcher: agent,
        headers: { accept: '*/*', 'user-agent': 'ptp prove' },
        ...(signal === undefined ? {} : { signal }),
      });
      return { status: statusCode, headers, body: await body.text() };
    },
    close: () => agent.destroy(),
  };
}
