import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Line, recordingLog } from '../test/support/log.ts';
import { type EmbeddedDatabase, startEmbedded } from '../test/support/pglite.ts';
import { createApp } from './app.ts';
import { type Database, openDatabase } from './database.ts';
import type { RequestMeasure } from './metrics.ts';
import { migrate } from './migrations.ts';

let embedded: EmbeddedDatabase;
let database: Database;
let app: ReturnType<typeof createApp>;
let port: number;
let lines: Line[];
let draining = false;
const measures: RequestMeasure[] = [];
const bodyLimit = 100_000;

beforeAll(async () => {
  embedded = await startEmbedded();
  const { source } = embedded;
  await migrate({ source, wait: 1000, log: recordingLog().log });
}, 120_000);
afterAll(() => embedded.close());
beforeEach(async () => {
  await embedded.db.exec('truncate test_data restart identity');
  const options = { max: 4, connectTimeout: 1000, statementTimeout: 1000, prepare: false, notice: () => {} };
  database = openDatabase({ source: embedded.source, ...options });
  const recording = recordingLog('info');
  lines = recording.lines;
  measures.length = 0;
  draining = false;
  app = createApp({
    database,
    log: recording.log,
    observe: (measure) => measures.push(measure),
    draining: () => draining,
    keepAlive: 75_000,
    bodyLimit,
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const address = app.server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterEach(async () => {
  await app.close();
  await database.close();
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends the path as it is written here, which `fetch` doesn't. */
async function send(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string | Buffer,
): Promise<Answer> {
  const sent = request({ port, host: '127.0.0.1', method, path, headers, agent: false });
  sent.end(body);
  const [response] = await once(sent, 'response');
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

/** The log lines of finished requests, which come just after the answers. */
function requests(count: number): Promise<Line[]> {
  const found = () => lines.filter((line) => line.msg === 'request');
  return expect
    .poll(found, { timeout: 15_000 })
    .toHaveLength(count)
    .then(() => found());
}

describe('the contract', () => {
  test('POST stores a fresh UUID, and its Location leads to the row', async () => {
    const created = await send('POST', '/', { host: 'hello.example.com' });
    expect(created).toMatchObject({
      status: 201,
      body: '',
      headers: { location: 'http://hello.example.com/1' },
    });
    const found = await send('GET', '/1');
    expect(found).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json; charset=utf-8' },
    });
    const row = JSON.parse(found.body);
    expect(Object.keys(row)).toEqual(['id', 'data', 'createdAt']);
    expect(row.id).toBe(1);
    expect(row.data).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(row.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    await send('POST', '/');
    expect(JSON.parse((await send('GET', '/2')).body).data).not.toBe(row.data);
    expect((await send('GET', '/')).body).toBe('{"count":2}');
  });

  test('Location has the public origin and no query string', async () => {
    const headers = {
      host: 'backend:8080',
      'x-forwarded-host': 'hello.example.com',
      'x-forwarded-proto': 'https',
    };
    const { headers: answer } = await send('POST', '/?token=secret', headers);
    expect(answer.location).toBe('https://hello.example.com/1');
  });

  test('a host that is not one stores nothing', async () => {
    const answer = await send('POST', '/', { host: 'backend', 'x-forwarded-host': 'evil"host' });
    expect(answer.status).toBe(400);
    expect(answer.body).not.toContain('evil');
    expect((await send('GET', '/')).body).toBe('{"count":0}');
  });

  test('a query string changes nothing, not even a broken one', async () => {
    await send('POST', '/');
    expect((await send('GET', '/?a=%zz&b[]=1')).body).toBe('{"count":1}');
    expect((await send('GET', '/1?a=%zz')).status).toBe(200);
  });

  test.each(['text/html', 'image/png', 'nonsense'])(
    'Accept: %s gets the JSON all the same',
    async (accept) => {
      expect(await send('GET', '/', { accept })).toMatchObject({ status: 200, body: '{"count":0}' });
    },
  );

  test('HEAD has the headers of GET and no body', async () => {
    await send('POST', '/');
    for (const path of ['/', '/1', '/2', '/x']) {
      const [get, head] = [await send('GET', path), await send('HEAD', path)];
      expect(head.status).toBe(get.status);
      expect(head.headers['content-length']).toBe(String(get.body.length));
      expect(head.headers['content-type']).toBe(get.headers['content-type']);
      expect(head.body).toBe('');
    }
  });
});

describe('ids', () => {
  test.each([
    '/0x1',
    '/+1',
    '/01',
    '/1;x=1',
    '/%D9%A1',
    '/%EF%BC%91',
    '/1%2F',
    '/%zz',
    '/1%00',
    '/-01',
    '/1.0',
    '/%2B1',
  ])('%s is refused although row 1 exists', async (path) => {
    await send('POST', '/');
    const answer = await send('GET', path);
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toMatch('application/problem+json');
  });

  test.each([
    '/0',
    '/-1',
    '/2',
    '/9007199254740993',
    '/9223372036854775807',
    '/9223372036854775808',
    `/${'9'.repeat(5000)}`,
  ])('%s is a number without a row', async (path) => {
    expect((await send('GET', path)).status).toBe(404);
  });

  test('a row above 2^53 is served with all digits', async () => {
    await embedded.db.exec("insert into test_data (id, data) values (9007199254740993, 'x')");
    expect((await send('GET', '/9007199254740993')).body).toMatch(/^\{"id":9007199254740993,"data":"x",/);
    expect((await send('GET', '/9007199254740992')).status).toBe(404);
  });
});

describe('what is not in the contract', () => {
  test.each([
    ['DELETE', '/', 'GET, HEAD, POST, OPTIONS'],
    ['TRACE', '/', 'GET, HEAD, POST, OPTIONS'],
    ['PROPFIND', '/', 'GET, HEAD, POST, OPTIONS'],
    ['PUT', '/1', 'GET, HEAD, OPTIONS'],
    ['POST', '/1', 'GET, HEAD, OPTIONS'],
  ])('%s %s is 405 and says what is allowed', async (method, path, allow) => {
    const answer = await send(method, path, { 'x-private': 'inside' });
    expect(answer).toMatchObject({ status: 405, headers: { allow } });
    expect(JSON.parse(answer.body)).toEqual({
      type: 'about:blank',
      title: 'Method Not Allowed',
      status: 405,
    });
  });

  test('OPTIONS tells the methods and grants no other origin anything', async () => {
    const answer = await send('OPTIONS', '/', {
      origin: 'https://evil.example',
      'access-control-request-method': 'POST',
    });
    expect(answer).toMatchObject({ status: 204, headers: { allow: 'GET, HEAD, POST, OPTIONS' } });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test.each(['/livez', '/readyz', '/metrics', '/actuator', '/actuator/heapdump', '/actuator/env'])(
    '%s, public below /api, is nothing here',
    async (path) => {
      expect([400, 404]).toContain((await send('GET', path)).status);
    },
  );

  test.each(['//', '/1/', '/a/b', '/1/2'])('%s is 404, without its path in the body', async (path) => {
    const answer = await send('GET', path);
    expect(JSON.parse(answer.body)).toEqual({ type: 'about:blank', title: 'Not Found', status: 404 });
  });

  test('what is not HTTP gets a 400 of the same form', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write('nonsense\r\n\r\n');
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toMatch('content-type: application/problem+json');
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ status: 400 });
  });
});

describe('a request body', () => {
  test.each(['application/json', 'text/plain', 'no/such', ';;;', ''])(
    'of type %j is ignored',
    async (type) => {
      const headers = type === '' ? {} : { 'content-type': type };
      expect((await send('POST', '/', headers, '{"data":')).status).toBe(201);
    },
  );

  test('has a limit', async () => {
    expect((await send('POST', '/', {}, Buffer.alloc(bodyLimit))).status).toBe(201);
    const large = await send('POST', '/', { 'transfer-encoding': 'chunked' }, Buffer.alloc(bodyLimit + 1));
    expect(large.status).toBe(413);
    expect((await send('GET', '/')).body).toBe('{"count":1}');
  });

  test('that is too large does not keep a sender from seeing the answer that sends all of it first', async () => {
    const size = 16 * 1_048_576;
    const socket = connect(port, '127.0.0.1');
    socket.pause();
    const sent = once(socket, 'drain');
    // What the gateway says with every write.
    socket.write(`POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: ${size}\r\n\r\n`);
    socket.write(Buffer.alloc(size));
    await sent;
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('that breaks off stores nothing, and the request still has its one log line', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc');
    await once(app.server, 'request');
    socket.destroy();
    expect(await requests(1)).toMatchObject([{ method: 'POST', status: 499 }]);
    expect((await send('GET', '/')).body).toBe('{"count":0}');
  });

  test('leaves the connection usable', async () => {
    const socket = connect(port, '127.0.0.1');
    const post = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc';
    socket.write(`${post}${post}GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`);
    const answer = await text(socket);
    expect(answer.match(/HTTP\/1\.1 201/g)).toHaveLength(2);
    // Pipelined requests may overtake each other on their way to the database; the answers keep their order.
    expect(answer).toMatch(/HTTP\/1\.1 200 OK\r\n[^{]*\{"count":[012]\}$/);
  });
});

describe('a database that is gone', () => {
  test('is a 503 that says nothing of the inside, and the process recovers by itself', async () => {
    await send('POST', '/');
    await embedded.stop();
    for (const [method, path] of [
      ['GET', '/'],
      ['POST', '/'],
      ['GET', '/1'],
    ] as const) {
      const answer = await send(method, path);
      expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
      expect(JSON.parse(answer.body)).toEqual({
        type: 'about:blank',
        title: 'Service Unavailable',
        status: 503,
      });
    }
    await embedded.start();
    expect((await send('GET', '/')).body).toBe('{"count":1}');
    const failed = (await requests(5)).filter((line) => line.status === 503);
    expect(failed).toHaveLength(3);
    expect(failed[0]).toMatchObject({ level: 'error', err: { type: 'DatabaseUnavailable' } });
  });

  test('a mistake in a statement is a 500 without its words', async () => {
    await embedded.db.exec('alter table test_data rename column data to other');
    try {
      const answer = await send('GET', '/1');
      expect(answer.status).toBe(500);
      expect(JSON.parse(answer.body)).toEqual({
        type: 'about:blank',
        title: 'Internal Server Error',
        status: 500,
      });
      expect(await requests(1)).toMatchObject([{ level: 'error', err: { code: '42703' } }]);
    } finally {
      await embedded.db.exec('alter table test_data rename column other to data');
    }
  });
});

describe('what is told about a request', () => {
  test('is one log line and one measure, with the route instead of the path', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await send('POST', '/?password=1', { 'x-request-id': 'abc-1', traceparent });
    await send('GET', '/1', {
      traceparent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
      'x-request-id': 'a"b',
    });
    await send('GET', '/a/b');
    await send('GET', '/%zz');
    const told = await requests(4);
    expect(told.map(({ method, route, status }) => [method, route, status])).toEqual([
      ['POST', '/', 201],
      ['GET', '/:id', 200],
      ['GET', 'none', 404],
      ['GET', 'none', 400],
    ]);
    expect(told[0]).toMatchObject({
      requestId: 'abc-1',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      level: 'info',
    });
    expect(typeof told[0]?.ms).toBe('number');
    expect(told[1]?.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(told[1]).not.toHaveProperty('traceId');
    expect(lines).toHaveLength(4);
    expect(measures.map(({ route, status }) => [route, status])).toEqual(
      told.map(({ route, status }) => [route, status]),
    );
  });
});

describe('connections', () => {
  test('stay open for longer than a gateway keeps them, and the gateway is told for how long', async () => {
    const answer = await send('GET', '/', { connection: 'keep-alive' });
    expect(answer.headers['keep-alive']).toBe('timeout=75');
  });

  test('are given up after the next answer when the process is about to end', async () => {
    draining = true;
    expect(await send('GET', '/', { connection: 'keep-alive' })).toMatchObject({
      status: 200,
      headers: { connection: 'close' },
    });
  });
});
