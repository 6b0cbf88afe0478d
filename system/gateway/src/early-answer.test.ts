import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { type RunningGateway, startGateway, startTcp, stopAll } from './testing.ts';

afterEach(stopAll);

/** More than the buffers on the way take, so that a body nobody reads gets stuck. */
const LARGE = 16 * 1_048_576;
const CHUNK = `10000\r\n${'x'.repeat(65_536)}\r\n`;
const CHUNKED_LARGE = CHUNK.repeat(LARGE / 65_536);

/** A connection that sends what it is given and collects what comes back. */
class Client {
  readonly socket: Socket;
  received = '';

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1');
    });
    this.socket.on('error', () => {});
    onTestFinished(() => {
      this.socket.destroy();
    });
  }

  /** The status of each answer so far, when there are this many. */
  async statuses(count: number): Promise<readonly string[]> {
    for (;;) {
      const found = [...this.received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => match[1] ?? '');
      if (found.length >= count || this.socket.closed) return found;
      await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')]);
    }
  }
}

/** An upstream that answers writes when it has seen their headers, and never reads their bodies. */
async function startRefusing(env: Record<string, string> = {}): Promise<RunningGateway> {
  const upstream = await startTcp((socket) => {
    socket.once('data', (first) => {
      const isRead = first.toString('latin1').startsWith('GET');
      if (!isRead) socket.pause();
      socket.write(`HTTP/1.1 ${isRead ? '200 OK' : '405 No'}\r\nContent-Length: 0\r\n\r\n`);
    });
  });
  return await startGateway({ BACKEND_URL: upstream.origin, MAX_BODY_BYTES: String(2 * LARGE), ...env });
}

const next = 'GET /api/ HTTP/1.1\r\nHost: a\r\n\r\n';

describe('an answer that comes before the whole body', () => {
  it.each([
    ['a length', `Content-Length: ${LARGE}\r\n\r\n${'x'.repeat(LARGE)}`],
    ['chunks', `Transfer-Encoding: chunked\r\n\r\n${CHUNKED_LARGE}0\r\n\r\n`],
  ])('leaves the connection fit for the next request, with %s', async (_what, rest) => {
    const gateway = await startRefusing();
    const client = new Client(gateway.port);
    client.socket.write(`POST /api/ HTTP/1.1\r\nHost: a\r\n${rest}${next}`);
    expect(await client.statuses(2)).toEqual(['405', '200']);
    await gateway.logged((line) => line.status === 200);
    expect(gateway.lines).toHaveLength(2);
  });

  it.each([
    ['a length that is too large', `Content-Length: ${LARGE}\r\n\r\n${'x'.repeat(LARGE)}`],
    ['chunks that become too many', `Transfer-Encoding: chunked\r\n\r\n${CHUNKED_LARGE}0\r\n\r\n`],
  ])('reaches a client that sends all of it before it reads: %s', async (_what, rest) => {
    const gateway = await startRefusing({ MAX_BODY_BYTES: '1000' });
    const client = new Client(gateway.port);
    client.socket.pause();
    client.socket.write(`PUT /api/ HTTP/1.1\r\nHost: a\r\n${rest}${next}`, () => client.socket.resume());
    expect(await client.statuses(2)).toEqual(['413', '200']);
  });

  it('closes the connection when the body was waiting to be asked for, for it may come or not', async () => {
    const gateway = await startRefusing({ MAX_BODY_BYTES: '1000' });
    const client = new Client(gateway.port);
    client.socket.write(
      'PUT /api/ HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n',
    );
    await once(client.socket, 'close');
    expect(client.received).toMatch(/^HTTP\/1\.1 413 /);
    expect(client.received).toMatch(/\r\nconnection: close\r\n/i);
  });

  it.each([
    ['turns out to be no HTTP', 'nonsense\r\n'],
    ['breaks off', undefined],
  ])('is the only one, and the only line of the log, when the rest %s', async (_what, rest) => {
    const gateway = await startRefusing();
    const client = new Client(gateway.port);
    client.socket.write(`POST /api/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNK}`);
    expect(await client.statuses(1)).toEqual(['405']);
    await gateway.logged((line) => line.status === 405);
    if (rest === undefined) client.socket.end();
    else client.socket.write(rest);
    await once(client.socket, 'close');
    expect(await client.statuses(2)).toEqual(['405']);
    expect(gateway.lines).toHaveLength(1);
  });

  it('does not keep a client for ever that never sends the rest', async () => {
    const gateway = await startRefusing({ REQUEST_TIMEOUT_MS: '200', IDLE_TIMEOUT_MS: '200' });
    const client = new Client(gateway.port);
    client.socket.write('POST /api/ HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx');
    await once(client.socket, 'close');
    expect(await client.statuses(2)).toEqual(['405']);
    expect(gateway.lines).toHaveLength(1);
  });
});
