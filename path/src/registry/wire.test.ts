import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { openWire, type Wire, type WireOptions } from './wire.ts';

const servers: Server[] = [];
const wires: Wire[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const wire of wires.splice(0)) wire.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<URL> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

function wireWith(more: Partial<WireOptions> = {}): Wire {
  const wire = openWire({
    connections: 2,
    proxied: false,
    signal: new AbortController().signal,
    patience: { connect: 10_000, answer: 10_000 },
    ...more,
  });
  wires.push(wire);
  return wire;
}

const get = { method: 'GET', headers: {}, body: null };
const put = (body: Readable | Uint8Array, length?: number) => ({
  method: 'PUT',
  headers: length === undefined ? {} : { 'content-length': String(length) },
  body,
});

test('what is asked one after the other goes over one connection', async () => {
  const ports = new Set<number | undefined>();
  const url = await serve((request, response) => {
    ports.add(request.socket.remotePort);
    request.resume().on('end', () => response.end('yes'));
  });
  const wire = wireWith();
  for (const outgoing of [get, put(Buffer.from('some')), put(Readable.from(['more'])), get]) {
    expect(await text(await wire.send(url, outgoing))).toBe('yes');
  }
  expect(ports.size).toBe(1);
});

test('a body arrives byte for byte, though the other side reads it slowly', async () => {
  const pieces = Array.from({ length: 40 }, (_, index) => Buffer.alloc(100_000, index));
  let got: Buffer | undefined;
  const url = await serve(async (request, response) => {
    got = await buffer(request);
    response.end();
  });
  const response = await wireWith().send(url, put(Readable.from(pieces), 4_000_000));
  await buffer(response);
  expect(got?.equals(Buffer.concat(pieces))).toBe(true);
});

test('an answer before the end of a request is the answer; the rest is not sent', async () => {
  let sent = 0;
  const url = await serve((request, response) => {
    // It never reads the body.
    request.pause();
    response.writeHead(413).end('too large');
  });
  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) {
      sent += 1;
      yield Buffer.alloc(1_000_000);
    }
  }
  const wire = wireWith();
  const response = await wire.send(url, put(Readable.from(endless())));
  expect(response.statusCode).toBe(413);
  expect(await text(response)).toBe('too large');
  const before = sent;
  expect((await wire.send(url, get)).statusCode).toBe(413);
  expect(sent).toBe(before);
});

test('what a body fails with is what the request fails with', async () => {
  const url = await serve((request) => request.resume());
  const torn = new Error('the file was cut off');
  async function* body(): AsyncGenerator<Buffer> {
    yield Buffer.from('half');
    throw torn;
  }
  await expect(wireWith().send(url, put(Readable.from(body()), 100))).rejects.toBe(torn);
});

test('an answer that does not come ends the wait, but not while the request is still sent', async () => {
  const url = await serve((request, response) => {
    if (request.method === 'PUT') request.resume().on('end', () => response.end('stored'));
  });
  const silent = wireWith({ patience: { connect: 10_000, answer: 600 } });
  await expect(silent.send(url, get)).rejects.toMatchObject({ code: 'ANSWER_TIMEOUT' });
  async function* slow(): AsyncGenerator<Buffer> {
    for (let piece = 0; piece < 4; piece += 1) {
      await delay(250);
      yield Buffer.alloc(1000);
    }
  }
  expect(await text(await silent.send(url, put(Readable.from(slow()), 4000)))).toBe('stored');
});

test('the proxies of the environment are used only where they lead', async () => {
  const asked: (string | undefined)[] = [];
  const proxy = await serve((request, response) => {
    asked.push(request.url);
    response.end('by proxy');
  });
  vi.stubEnv('HTTP_PROXY', proxy.href);
  vi.stubEnv('NO_PROXY', '');
  const far = new URL('http://registry.test/v2/');
  expect(await text(await wireWith({ proxied: true }).send(far, get))).toBe('by proxy');
  expect(asked).toEqual(['http://registry.test/v2/']);
  const near = await serve((_request, response) => response.end('itself'));
  expect(await text(await wireWith().send(near, get))).toBe('itself');
});

test('an aborted signal ends what is under way', async () => {
  const url = await serve(() => {});
  const ended = new AbortController();
  const asked = wireWith({ signal: ended.signal }).send(url, get);
  ended.abort();
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
});
