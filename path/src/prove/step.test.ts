import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer as createPlainServer, type Server as PlainServer } from 'node:http';
import { createServer, type Server } from 'node:https';
import { afterEach, expect, test } from 'vitest';
import type { Event } from '../core/event.ts';
import { StepFailed } from '../core/failure.ts';
import type { Route } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { nodeProcesses } from '../effects/node/processes.ts';
import { selfSigned } from '../effects/self-signed.fixture.ts';
import { smallProject } from '../project/testing/small-project.ts';
import { proveServing } from './step.ts';

const servers: (Server | PlainServer)[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const certificate = await selfSigned('shop.localhost');

/** The public door of a system: TLS for the name, at an address that no DNS tells of. */
async function door(listener: RequestListener, plain?: RequestListener): Promise<Route> {
  const https = await listening(
    createServer({ key: certificate.key, cert: certificate.certificate }, listener),
  );
  const url = `https://shop.localhost:${https}`;
  const redirect: RequestListener = (_, response) => response.writeHead(301, { location: `${url}/` }).end();
  const http = await listening(createPlainServer(plain ?? redirect));
  return {
    url,
    entry: { address: '127.0.0.1', http, https },
    authority: certificate.certificate,
  };
}

async function listening(server: Server | PlainServer): Promise<number> {
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A clock that jumps over every sleep, so that deadlines pass at once. */
function prove(route: Route): Promise<readonly string[]> {
  return seen(route).then((events) => events.flatMap((event) => (event.kind === 'note' ? [event.text] : [])));
}

/** All that was told. */
function seen(route: Route): Promise<readonly Event[]> {
  const events: Event[] = [];
  let time = 0;
  const context: Context = {
    emit: (event) => events.push(event),
    clock: {
      monotonic: () => time,
      now: () => new Date(0),
      sleep: async (milliseconds) => {
        time += milliseconds;
      },
    },
    processes: nodeProcesses,
    cache: '',
    signal: AbortSignal.timeout(15_000),
  };
  return proveServing(context, route, project).then(() => events);
}

const project = smallProject();

/** The reference system's interface; `lose` makes it forget the rows it was given. */
function system(lose = false): RequestListener {
  const rows: string[] = [];
  return (request, response) => {
    const json = (body: unknown) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    if (request.url === '/')
      return response.setHeader('content-type', 'text/html; charset=utf-8').end('<p>hi');
    if (request.url === '/api/' && request.method === 'POST') {
      if (!lose) rows.push(`row ${rows.length + 1}`);
      response.statusCode = 201;
      return response.setHeader('location', `https://shop.localhost/${rows.length}`).end();
    }
    if (request.url === '/api/') return json({ count: rows.length });
    const id = Number(request.url?.slice('/api/'.length));
    const data = rows[id - 1];
    if (data !== undefined) return json({ id, data });
    response.statusCode = 404;
    return response.end();
  };
}

test('sees the page and a row that went all the way and back', async () => {
  expect(await prove(await door(system()))).toEqual([
    'GET /: 200 text/html',
    'POST /api/: 201, GET /api/1: 200, count 1',
  ]);
});

test('a door of somebody else’s may take minutes until it lets anybody through, one of this machine not', async () => {
  const server = createServer();
  const port = await listening(server);
  server.close();
  await once(server, 'close');
  const url = `https://localhost:${port}`;
  await expect(prove({ url, gateway: '127.0.0.1' })).rejects.toThrow(/does not serve after 300 s/);
  const entry = { address: '127.0.0.1', http: port, https: port };
  await expect(prove({ url, entry })).rejects.toThrow(/does not serve after 30 s/);
});

test('a gateway of which one pod does not know the route yet is waited for, until each does', async () => {
  let unknown = 5;
  const works = system();
  // Connections are spread over two; the second one is late.
  let connections = 0;
  const late = new WeakMap<object, boolean>();
  const route = await door((request, response) => {
    if (!late.has(request.socket)) late.set(request.socket, connections++ % 2 === 1);
    if (late.get(request.socket) && unknown-- > 0) return response.writeHead(404).end();
    return works(request, response);
  });
  expect(await prove(route)).toHaveLength(2);
  expect(unknown).toBeLessThan(0);
});

test('a gateway of which one pod never knows the route does not serve everybody', async () => {
  const works = system();
  let asked = 0;
  const route = await door((request, response) => {
    asked += 1;
    return asked % 3 === 0 ? response.writeHead(404).end() : works(request, response);
  });
  await expect(prove(route)).rejects.toThrow(/does not serve everybody after 30 s: .*it answers 404/);
});

test('a system that cannot make a row yet is asked again', async () => {
  let refused = 0;
  const works = system();
  const route = await door((request, response) => {
    if (request.method !== 'POST' || ++refused > 3) return works(request, response);
    response.statusCode = 503;
    return response.end();
  });
  expect(await prove(route)).toHaveLength(2);
  expect(refused).toBe(4);
});

test('a system that loses what it was given fails', async () => {
  await expect(prove(await door(system(true)))).rejects.toThrow(StepFailed);
});

test('a system that breaks off instead of answering fails, and that is no fault of the tool', async () => {
  const route = await door((request, response) => {
    if (request.url === '/') response.end('<html>');
    else request.socket.destroy();
  });
  await expect(prove(route)).rejects.toThrow(StepFailed);
  await expect(prove(route)).rejects.toThrow(/\/api\/ does not serve after 30 s: /);
});

test('a system without the data interface is asked for its page alone', async () => {
  const route = await door((request, response) => {
    response.statusCode = request.url === '/' ? 200 : 404;
    response.end();
  });
  expect(await prove(route)).toEqual(['GET /: 200 no type']);
});

test('waits while the route opens', async () => {
  let asked = 0;
  const page = system();
  const route = await door((request, response) => {
    if (++asked > 3) return page(request, response);
    response.statusCode = 503;
    return response.end();
  });
  expect(await prove(route)).toHaveLength(2);
});

test('gives up on a system that only fails, and says what it answers', async () => {
  const route = await door((_, response) => {
    response.statusCode = 502;
    response.end();
  });
  await expect(prove(route)).rejects.toThrow(/502/);
});

test('a certificate of another authority is not accepted', async () => {
  const route = await door(system());
  const other = await selfSigned('shop.localhost');
  await expect(prove({ ...route, authority: other.certificate })).rejects.toThrow(
    /certificate|signature|self/i,
  );
});

test('waits until the door without TLS leads to the one with it', async () => {
  let asked = 0;
  const route: Route = await door(system(), (_, response) => {
    if (++asked > 3) response.writeHead(301, { location: `${route.url}/` }).end();
    else response.writeHead(404).end();
  });
  expect((await seen(route)).filter(({ kind }) => kind === 'warning')).toEqual([]);
  expect(asked).toBe(4);
});

test('a door without TLS that leads nowhere is a warning: the system serves', async () => {
  const route = await door(system(), (_, response) => response.writeHead(404).end());
  const warnings = (await seen(route)).flatMap((event) => (event.kind === 'warning' ? [event.problem] : []));
  expect(warnings).toMatchObject([{ what: expect.stringMatching(/http:.* does not lead to .*404/) }]);
});
