import { request } from 'undici';
import type { Route } from '../core/handover.ts';
import { throughDoor } from '../effects/public-door.ts';

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

/** Goes through the public door of a route (`throughDoor`). */
export function browse(route: Route): Browser {
  // Slow is not broken: a machine with other work takes its time.
  const agent = throughDoor(route, { headersTimeout: 30_000, bodyTimeout: 30_000 });
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
