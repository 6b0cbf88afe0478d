import { once } from 'node:events';
import type { Server } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Line, recordingLog } from '../test/support/log.ts';
import { createManagement } from './management.ts';
import { createMetrics } from './metrics.ts';
import type { Readiness } from './readiness.ts';

let server: Server;
let url: string;
let state: Readiness;
let draining: boolean;
let lines: Line[];
const metrics = createMetrics(() => ({ total: 3, idle: 1, waiting: 2 }), 10);

beforeEach(async () => {
  state = { up: true };
  draining = false;
  const recording = recordingLog();
  lines = recording.lines;
  const check = async () => state;
  server = createManagement({ check, draining: () => draining, metrics, log: recording.log });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const get = async (path: string, method = 'GET') => {
  const response = await fetch(url + path, { method });
  return { status: response.status, headers: response.headers, body: await response.text() };
};

test('readiness follows the database and the shutdown, liveness neither; changes are logged once', async () => {
  expect(await get('/readyz')).toMatchObject({ status: 200, body: '{"status":"UP"}' });
  state = { up: false, reason: 'connect ECONNREFUSED 10.0.0.7:5432' };
  expect(await get('/readyz')).toMatchObject({ status: 503, body: '{"status":"DOWN"}' });
  expect((await get('/readyz?x=1')).status).toBe(503);
  expect((await get('/livez')).status).toBe(200);
  state = { up: true };
  expect((await get('/readyz')).status).toBe(200);
  draining = true;
  expect((await get('/readyz')).status).toBe(503);
  expect((await get('/livez')).status).toBe(200);
  expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
    ['info', 'ready'],
    ['warn', 'not ready: connect ECONNREFUSED 10.0.0.7:5432'],
    ['info', 'ready'],
    ['warn', 'not ready: shutting down'],
  ]);
});

test('metrics tell of requests by route, of the pool and of the event loop', async () => {
  metrics.observe({ method: 'GET', route: '/:id', status: 200, seconds: 0.004 });
  metrics.observe({ method: 'BREW', route: 'none', status: 405, seconds: 0.001 });
  for (let coming = 0; coming < 3; coming++) metrics.began();
  metrics.statement('count', 'ok', 0.02);
  const { body, headers } = await get('/metrics');
  expect(headers.get('content-type')).toMatch('text/plain');
  for (const line of [
    'http_request_duration_seconds_count{method="GET",route="/:id",status="200"} 1',
    'http_request_duration_seconds_bucket{le="0.005",method="GET",route="/:id",status="200"} 1',
    'http_request_duration_seconds_count{method="OTHER",route="none",status="405"} 1',
    'db_pool_connections{state="idle"} 1',
    'db_pool_connections{state="used"} 2',
    'db_pool_waiting 2',
    'db_pool_max 10',
    'http_requests_in_flight 1',
    'db_query_duration_seconds_bucket{le="0.025",statement="count",outcome="ok"} 1',
    'db_query_duration_seconds_bucket{le="0.005",statement="count",outcome="ok"} 0',
  ]) {
    expect(body.split('\n')).toContain(line);
  }
  expect(body).toMatch(/^nodejs_eventloop_lag_seconds /m);
});

test('all else is refused', async () => {
  expect((await get('/')).status).toBe(404);
  expect(await get('/readyz', 'POST')).toMatchObject({ status: 405 });
  expect(await get('/livez', 'HEAD')).toMatchObject({ status: 200, body: '' });
});
