import { execFile } from 'node:child_process';
import { once } from 'node:events';
import {
  createServer as createPlainServer,
  type Server as PlainServer,
  type RequestListener,
} from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';
import type { Route, TrafficFailureKind, TrafficResult, TrafficSnapshot } from '../core/handover.ts';
import { selfSigned } from '../effects/self-signed.fixture.ts';
import { startTraffic, type Traffic, type TrafficOptions } from './traffic.ts';

// Each waits for requests, which a machine with other work sends and answers late.
vi.setConfig({ testTimeout: 60_000 });

const certificate = await selfSigned('shop.localhost');
const servers: (Server | PlainServer)[] = [];
const stop = { controller: new AbortController() };
afterEach(() => {
  stop.controller.abort(new Error('the test is over'));
  stop.controller = new AbortController();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A public door, with how many connections it has seen. */
async function door(
  listener: RequestListener,
): Promise<{ readonly route: Route; readonly sockets: Set<Socket>; close(): void }> {
  const server = createServer({ key: certificate.key, cert: certificate.certificate }, listener);
  const sockets = new Set<Socket>();
  server.on('secureConnection', (socket) => sockets.add(socket));
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const route: Route = {
    url: `https://shop.localhost:${port}`,
    entry: { address: '127.0.0.1', http: port, https: port },
    authority: certificate.certificate,
  };
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { route, sockets, close };
}

const lenient = { maxErrors: { count: 1_000_000 } };

/** Starts traffic, and lets a test wait for what it has seen. */
async function start(route: Route, options: Partial<TrafficOptions> = {}) {
  const heard: { snapshot?: TrafficSnapshot; readonly waiting: Set<() => void> } = { waiting: new Set() };
  const traffic = await startTraffic({ signal: stop.controller.signal }, route, {
    paths: ['/'],
    rate: 100,
    writes: true,
    limits: lenient,
    ...options,
    onSnapshot: (snapshot) => {
      heard.snapshot = snapshot;
      for (const wake of heard.waiting) wake();
    },
  });
  const until = async (holds: (snapshot: TrafficSnapshot) => boolean): Promise<void> => {
    while (heard.snapshot === undefined || !holds(heard.snapshot))
      await new Promise<void>((resolve) => heard.waiting.add(resolve));
  };
  return { traffic, until };
}

/** The traffic, which has to have begun. */
async function serving(route: Route, options: Partial<TrafficOptions> = {}) {
  const { traffic, until } = await start(route, options);
  if (typeof traffic === 'string') throw new Error(traffic);
  return { traffic, until, since: (requests: number) => changed(traffic, until, requests) };
}

async function changed(
  traffic: Traffic,
  until: (holds: (snapshot: TrafficSnapshot) => boolean) => Promise<void>,
  requests: number,
): Promise<void> {
  traffic.change();
  await until((seen) => seen.requests >= requests);
}

/** The reference system's interface. What is in `lost` it has acknowledged and does not have any more. */
function system(lost = new Set<number>()): RequestListener {
  let rows = 0;
  return (request, response) => {
    const json = (body: unknown) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    if (request.url === '/')
      return response
        .setHeader('content-type', 'text/html')
        .end('<script src="/a.js"></script><img src="/b.png">');
    if (request.url === '/a.js') return response.end('a'.repeat(2000));
    if (request.url === '/b.png') return response.end('b');
    if (request.url === '/api/' && request.method === 'POST') {
      rows += 1;
      return response.writeHead(201, { location: `https://shop.localhost/${rows}` }).end();
    }
    if (request.url === '/api/') return json({ count: rows });
    const id = Number(request.url?.slice('/api/'.length));
    return id <= rows && !lost.has(id) ? json({ id, data: 'x' }) : response.writeHead(404).end();
  };
}

test('asks pages, rows, counts and the largest asset in turn, and none fails', async () => {
  const asked = new Map<string, number>();
  const { route } = await door((request, response) => {
    const what = `${request.method} ${request.url?.replace(/\d+$/, 'id')}`;
    asked.set(what, (asked.get(what) ?? 0) + 1);
    return system_(request, response);
  });
  const system_ = system();
  const { traffic, since } = await serving(route);
  await traffic.quiet;
  await since(140);
  const result = await traffic.whole();
  expect(result).toMatchObject({
    url: route.url,
    rate: 100,
    failed: 0,
    failures: {},
    examples: [],
    drained: true,
  });
  expect(Object.keys(result.kinds).toSorted()).toEqual(['asset', 'count', 'page', 'read', 'write']);
  expect(result.quiet.requests).toBeGreaterThanOrEqual(10);
  expect(result.quiet.latency?.p99).toBeGreaterThan(0);
  expect(Object.values(result.kinds).reduce((sum, { requests }) => sum + requests, 0)).toBe(result.requests);
  const { writes } = result;
  expect(writes?.acknowledged).toBe(asked.get('POST /api/'));
  expect(writes).toMatchObject({ checked: writes?.acknowledged, missing: 0, unread: 0 });
  // The small one is asked for its size alone.
  expect(asked.get('GET /b.png')).toBe(1);
  expect(asked.get('GET /a.js')).toBeGreaterThan(5);
  expect(JSON.parse(JSON.stringify(result))).toEqual(result);
});

test('half of the requests have a connection of their own, the others share what is kept', async () => {
  let requests = 0;
  const { route, sockets } = await door((_, response) => {
    requests += 1;
    response.end('x');
  });
  const { traffic, since } = await serving(route);
  await since(100);
  const { connections, requests: measured } = await traffic.whole();
  expect(connections.kept + connections.fresh).toBe(measured);
  expect(Math.abs(connections.kept - connections.fresh)).toBeLessThanOrEqual(1);
  const closing = requests - sockets.size;
  // As many requests as were kept came on a connection that was there already, but for those that opened one.
  expect(closing).toBeGreaterThan(connections.kept / 2);
  expect(sockets.size).toBeGreaterThanOrEqual(connections.fresh);
});

test('a system that stands still is slow for all who would have come meanwhile', async () => {
  const held: (() => void)[] = [];
  let standing = false;
  let came = 0;
  const { route } = await door((_, response) => {
    came += 1;
    if (standing) held.push(() => response.end('x'));
    else response.end('x');
  });
  const { traffic, since } = await serving(route, { rate: 200 });
  await since(1);
  standing = true;
  const before = came;
  // The requests go on coming although none is answered.
  while (came < before + 100) await new Promise((resolve) => setTimeout(resolve, 5));
  standing = false;
  const stood = held.length;
  for (const answer of held) answer();
  // Nothing comes any more that could make the slow ones few.
  const { latency, failed, requests } = await traffic.whole();
  expect({ failed, all: requests >= stood }).toEqual({ failed: 0, all: true });
  // A hundred requests are due over half a second, and each has waited since its own due moment, the first ones longest.
  expect(stood).toBeGreaterThanOrEqual(100);
  expect(latency?.max).toBeGreaterThan(490);
  expect(latency?.p99).toBeGreaterThan(400);
});

const broken: readonly (readonly [TrafficFailureKind, RequestListener])[] = [
  ['5xx', (_, response) => response.writeHead(500).end()],
  ['4xx', (_, response) => response.writeHead(404).end()],
  ['reset', (request) => request.socket.destroy()],
  [
    'reset',
    (_, response) => response.writeHead(200, { 'content-length': 10 }).write('x', () => response.destroy()),
  ],
  ['content', (_, response) => response.end()],
  ['timeout', () => {}],
];
test.each(broken)('counts failures by their kind: %s', async (kind, after) => {
  let listener: RequestListener = (_, response) => response.end('x');
  const { route } = await door((request, response) => listener(request, response));
  const { traffic, until, since } = await serving(route, kind === 'timeout' ? { patience: 300 } : {});
  await traffic.quiet;
  await since(1);
  listener = after;
  await until(({ failed }) => failed >= 20);
  const result = await traffic.whole();
  expect(result.failures).toEqual({ [kind]: result.failed });
  expect(result.examples.length).toBeGreaterThan(1);
  expect(result.examples.length).toBeLessThan(20);
  expect(result.examples[0]).toMatchObject({
    kind,
    request: expect.stringMatching(/^GET \/ on a (kept|new) /),
  });
});

test('counts connections that are refused', async () => {
  const { route, close } = await door((_, response) => response.end('x'));
  const { traffic, since } = await serving(route);
  await traffic.quiet;
  close();
  await since(20);
  const { failures, failed } = await traffic.whole();
  expect(failures.refused).toBeGreaterThan(10);
  expect((failures.refused ?? 0) + (failures.reset ?? 0)).toBe(failed);
});

test('counts connections that are not secure', async () => {
  const { route } = await door((_, response) => response.end('x'));
  const other = await selfSigned('shop.localhost');
  const began = await start({ ...route, authority: other.certificate });
  expect(began.traffic).toMatch(/^GET \/: .*(SELF_SIGNED|CERT|SIGNATURE)/);
});

test('an answer with the wrong row is a wrong content', async () => {
  const good = system();
  let mixed = false;
  const { route } = await door((request, response) => {
    if (mixed && /^\/api\/\d+$/.test(request.url ?? '')) response.end('{"id":0}');
    else good(request, response);
  });
  const { traffic, until, since } = await serving(route);
  await traffic.quiet;
  mixed = true;
  await since(1);
  await until((seen) => (seen.failures.content ?? 0) > 2);
  mixed = false;
  const { kinds, failed } = await traffic.whole();
  expect(kinds.read?.failed).toBe(failed);
});

test('finds the rows that were acknowledged and are gone', async () => {
  const lost = new Set<number>();
  const { route } = await door(system(lost));
  const { traffic, since } = await serving(route);
  await since(60);
  for (const id of [2, 3, 5]) lost.add(id);
  const { writes } = await traffic.whole();
  expect(writes).toMatchObject({ missing: 3, unread: 0 });
});

test('writes no row where that is not wanted', async () => {
  const methods = new Set<string | undefined>();
  const good = system();
  const { route } = await door((request, response) => {
    methods.add(request.method);
    good(request, response);
  });
  const { traffic, since } = await serving(route, { writes: false });
  await since(40);
  const result = await traffic.whole();
  expect([...methods]).toEqual(['GET']);
  expect(Object.keys(result.kinds).toSorted()).toEqual(['asset', 'count', 'page']);
  expect(result.writes).toBeUndefined();
});

test('a path that answered 404 before is expected to, and one that answered 503 is left out', async () => {
  const { route } = await door((request, response) => {
    response.statusCode = request.url === '/gone' ? 404 : request.url === '/down' ? 503 : 200;
    response.end('x');
  });
  const { traffic, since } = await serving(route, { paths: ['/', '/gone', '/down'] });
  await since(30);
  const { failed, requests } = await traffic.whole();
  expect(failed).toBe(0);
  expect(requests).toBeGreaterThanOrEqual(30);
});

test('a file of the page before, which the new page names no more, is no failure', async () => {
  let version = 1;
  const { route } = await door((request, response) => {
    if (request.url === '/')
      return response.setHeader('content-type', 'text/html').end(`<script src="/${version}.js"></script>`);
    if (request.url === `/${version}.js`) return response.end('x'.repeat(10));
    return response.writeHead(404).end();
  });
  const { traffic, until, since } = await serving(route);
  await traffic.quiet;
  await since(1);
  version = 2;
  await until((seen) => (seen.kinds.asset?.requests ?? 0) > 5);
  const { failed, superseded } = await traffic.whole();
  expect({ failed, some: superseded > 0 }).toEqual({ failed: 0, some: true });
});

test('a file that one of four who serve has, as while two versions do, is no failure', async () => {
  let mixed = false;
  let asked = 0;
  const { route } = await door((request, response) => {
    if (request.url === '/')
      return response
        .setHeader('content-type', 'text/html')
        .end(`<script src="/${mixed ? 2 : 1}.js"></script>`);
    asked += 1;
    if (!mixed || (request.url === '/2.js' && asked % 4 === 0)) return response.end('x'.repeat(10));
    return response.writeHead(404).end();
  });
  const { traffic, until, since } = await serving(route);
  await traffic.quiet;
  mixed = true;
  await since(1);
  await until((seen) => (seen.kinds.asset?.requests ?? 0) > 60);
  const { failed, superseded } = await traffic.whole();
  expect({ failed, many: superseded > 30 }).toEqual({ failed: 0, many: true });
});

test('a file that the page still names and nobody has is a failure', async () => {
  let there = true;
  const { route } = await door((request, response) => {
    if (request.url === '/')
      return response.setHeader('content-type', 'text/html').end('<script src="/1.js"></script>');
    return there ? response.end('x') : response.writeHead(404).end();
  });
  const { traffic, until, since } = await serving(route);
  await traffic.quiet;
  there = false;
  await since(1);
  await until((seen) => (seen.kinds.asset?.failed ?? 0) > 0);
  const { failures, superseded } = await traffic.whole();
  expect(failures['4xx']).toBeGreaterThan(0);
  expect(superseded).toBe(0);
});

test('a system that serves nothing is not measured, and it is said why', async () => {
  const { route } = await door((_, response) => response.writeHead(503).end());
  expect((await start(route)).traffic).toBe('GET /: 503');
});

test('tells while it goes on that a tenth of the requests fail', async () => {
  let bad = false;
  let count = 0;
  const { route } = await door((_, response) => {
    count += 1;
    response.statusCode = bad && count % 10 === 0 ? 500 : 200;
    response.end('x');
  });
  const { traffic } = await serving(route, { limits: { maxErrors: { share: 0.005 } } });
  await traffic.quiet;
  bad = true;
  traffic.change();
  const problem = await traffic.exceeded;
  expect(problem.what).toMatch(/^\d+ of \d+ requests failed since the change; 0.5 % are allowed$/);
  expect(problem.details?.[0]).toMatch(/^\d+\.\d s: GET \/ on a (kept|new) connection: 500$/);
  // It was seen after a small part of what a rollout sends.
  const { requests } = await traffic.whole();
  expect(requests).toBeLessThan(1000);
});

test.each([
  ['a request that fails after the change makes it suspect, before limits are broken', false],
  ['what failed as much before the change makes nothing suspect', true],
])('%s', async (_, before) => {
  let bad = before;
  let count = 0;
  const { route } = await door((_, response) => {
    count += 1;
    response.statusCode = bad && count % 10 === 0 ? 500 : 200;
    response.end('x');
  });
  const { traffic, since } = await serving(route, { quiet: 20 });
  let suspect = false;
  traffic.suspected.then(() => {
    suspect = true;
  });
  await traffic.quiet;
  bad = true;
  await since(10);
  if (!before) await traffic.suspected;
  expect(suspect).toBe(!before);
  await traffic.whole();
});

test('an aborted signal ends it at once', async () => {
  const { route } = await door((_, response) => response.end('x'));
  const controller = new AbortController();
  const reason = new Error('enough');
  const traffic = await startTraffic({ signal: controller.signal }, route, {
    paths: ['/'],
    rate: 50,
    writes: false,
    limits: lenient,
  });
  if (typeof traffic === 'string') throw new Error(traffic);
  controller.abort(reason);
  await expect(traffic.whole()).rejects.toBe(reason);
  await expect(
    startTraffic({ signal: controller.signal }, route, {
      paths: [],
      rate: 1,
      writes: false,
      limits: lenient,
    }),
  ).rejects.toBe(reason);
});

test('when it was stopped no request comes, and no thread keeps the process', async () => {
  let requests = 0;
  const server = createPlainServer((_, response) => {
    requests += 1;
    response.end('x');
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const route: Route = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  // A process that nothing else keeps ends when the thread has ended, and not before.
  const program = `
    import { startTraffic } from ${JSON.stringify(new URL('./traffic.ts', import.meta.url).href)};
    const enough = Promise.withResolvers();
    const traffic = await startTraffic({ signal: new AbortController().signal }, ${JSON.stringify(route)}, {
      paths: ['/'], rate: 100, writes: false, limits: ${JSON.stringify(lenient)},
      onSnapshot: ({ requests }) => requests >= 20 && enough.resolve(),
    });
    traffic.change();
    await enough.promise;
    process.stdout.write(JSON.stringify(await traffic.whole()));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  const result: TrafficResult = JSON.parse(stdout);
  // The page and the interface were tried before.
  expect(requests).toBe(result.requests + result.quiet.requests + 2);
  expect(result.requests).toBeGreaterThanOrEqual(20);
});
