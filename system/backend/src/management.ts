import { createServer, type Server } from 'node:http';
import type { Logger } from 'pino';
import type { Metrics } from './metrics.ts';
import { problem, problemType } from './problem.ts';
import type { Readiness } from './readiness.ts';

/** What the management port shows. */
export interface ManagementOptions {
  readonly check: () => Promise<Readiness>;
  readonly draining: () => boolean;
  readonly metrics: Metrics;
  readonly log: Logger;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/**
 * Makes the server of `/livez`, `/readyz` and `/metrics`. They have a port of their own since the gateway
 * forwards `/api/x` as `/x`: whatever is on the application's port is public.
 * Liveness doesn't ask the database, because restarting this process wouldn't mend that.
 */
export function createManagement(options: ManagementOptions): Server {
  let last: string | undefined;

  async function ready(): Promise<Answer> {
    const result: Readiness = options.draining()
      ? { up: false, reason: 'shutting down' }
      : await options.check();
    const state = result.up ? 'ready' : `not ready: ${result.reason}`;
    if (state !== last) options.log[result.up ? 'info' : 'warn'](state);
    last = state;
    return status(result.up);
  }

  async function answer(path: string): Promise<Answer> {
    if (path === '/livez') return status(true);
    if (path === '/readyz') return ready();
    if (path === '/metrics') {
      return { status: 200, type: options.metrics.contentType, body: await options.metrics.text() };
    }
    return { status: 404, type: problemType, body: problem(404) };
  }

  return createServer((request, response) => {
    const send = ({ status, type, body }: Answer): void => {
      response.writeHead(status, {
        'content-type': type,
        'content-length': Buffer.byteLength(body),
        'cache-control': 'no-store',
      });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    request.resume();
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      send({ status: 405, type: problemType, body: problem(405) });
      return;
    }
    answer(request.url?.split('?', 1)[0] ?? '').then(send, (error: unknown) => {
      options.log.error({ err: error }, 'management request failed');
      send({ status: 500, type: problemType, body: problem(500) });
    });
  });
}

function status(up: boolean): Answer {
  return { status: up ? 200 : 503, type: 'application/json', body: `{"status":"${up ? 'UP' : 'DOWN'}"}` };
}
