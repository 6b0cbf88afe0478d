import { createServer, type Server } from 'node:http';
import { health, type Lifecycle } from './lifecycle.ts';
import type { Metrics } from './metrics.ts';

/**
 * Makes the server for those who operate the gateway: `/livez`, `/readyz` and `/metrics`.
 * It has a port of its own that no route leads to.
 */
export function createManagement(lifecycle: Lifecycle, metrics: Metrics): Server {
  return createServer({ headersTimeout: 5_000, requestTimeout: 10_000 }, (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    const path = request.url?.split('?', 1)[0] ?? '';
    const state = path === '/livez' || path === '/readyz' ? health(path, lifecycle) : undefined;
    if (state !== undefined) {
      response.writeHead(state.status, { 'content-type': 'application/json' }).end(state.body);
    } else if (path === '/metrics') {
      metrics.text().then(
        (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
        () => response.writeHead(500).end(),
      );
    } else {
      response.writeHead(404).end();
    }
  });
}
