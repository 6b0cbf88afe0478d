import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type FakeUpstream,
  freePort,
  type Received,
  type RunningGateway,
  send,
  startGateway,
  startTcp,
  startUpstream,
  stopAll,
} from './testing.ts';

afterEach(stopAll);

/** A failure must be a problem document that gives away nothing of what is behind. */
async function failure(gateway: RunningGateway, options: Parameters<typeof send>[1] = {}): Promise<Received> {
  const answer = await send(gateway.port, { path: '/api/secret-path', ...options });
  expect(answer.headers['content-type']).toBe('application/problem+json');
  const text = JSON.stringify([answer.rawHeaders, answer.body]);
  for (const inner of ['secret-path', '127.0.0.1:', '.invalid', 'ECONN', 'node:', '.ts'])
    expect(text).not.toContain(inner);
  return answer;
}

describe('an upstream that', () => {
  it('is down gives 502, and the attempts are counted', async () => {
    const gateway = await startGateway({ BACKEND_URL: `http://127.0.0.1:${await freePort()}` });
    for (const method of ['GET', 'POST']) expect((await failure(gateway, { method })).status).toBe(502);
    expect((await failure(gateway, { method: 'POST', body: 'a body' })).status).toBe(502);
    expect(await gateway.logged((line) => line.method === 'GET')).toMatchObject({
      status: 502,
      error: 'refused',
      retries: 6,
    });
    const metrics = await gateway.metrics();
    expect(metrics).toContain('upstream_errors_total{route="/api",kind="refused"} 21');
    expect(metrics).toContain('upstream_retries_total{route="/api",kind="refused"} 18');
  });

  it('has no address gives 503', async () => {
    const gateway = await startGateway({ BACKEND_URL: 'http://backend.invalid:8080' });
    const answer = await failure(gateway);
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBeDefined();
  });

  it('is frozen is cut off with 504, for reads and writes', async () => {
    const closed: Promise<unknown>[] = [];
    const upstream = await startTcp((socket) => {
      socket.resume();
      closed.push(once(socket, 'close'));
    });
    const gateway = await startGateway({ BACKEND_URL: upstream.origin, RESPONSE_TIMEOUT_MS: '100' });
    for (const method of ['GET', 'POST']) expect((await failure(gateway, { method })).status).toBe(504);
    expect((await failure(gateway, { method: 'POST', body: 'a body' })).status).toBe(504);
    // Nothing was sent twice, and nothing is left behind.
    await Promise.all(closed);
    expect(closed).toHaveLength(3);
  });

  it('has all its connections taken by frozen requests gives 504 to those that wait', async () => {
    const upstream = await startTcp((socket) => socket.resume());
    const gateway = await startGateway({
      BACKEND_URL: upstream.origin,
      RESPONSE_TIMEOUT_MS: '200',
      UPSTREAM_CONNECTIONS: '1',
    });
    const answers = await Promise.all([1, 2, 3].map(() => failure(gateway)));
    expect(answers.map((a) => a.status)).toEqual([504, 504, 504]);
  });

  it('stops in the middle of a body has its response broken off, not completed', async () => {
    const upstream = await startTcp((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'));
    });
    const gateway = await startGateway({ BACKEND_URL: upstream.origin, IDLE_TIMEOUT_MS: '100' });
    await expect(send(gateway.port, { path: '/api/' })).rejects.toThrow('aborted');
    expect(await gateway.logged((line) => line.route === '/api')).toMatchObject({
      status: 200,
      error: 'idle-timeout',
    });
  });

  it.each(['Content-Length: 10\r\n\r\nhalf', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'])(
    'closes in the middle of a body (%j) has its response broken off',
    async (rest) => {
      const upstream = await startTcp((socket) => {
        socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\n${rest}`));
      });
      const gateway = await startGateway({ BACKEND_URL: upstream.origin });
      await expect(send(gateway.port, { path: '/api/' })).rejects.toThrow('aborted');
    },
  );

  it('takes longer than the whole time is cut off although it goes on sending', async () => {
    const upstream = await startUpstream((_req, res) => {
      const timer = setInterval(() => res.write('.'), 5);
      res.on('close', () => clearInterval(timer));
    });
    const gateway = await startGateway({ BACKEND_URL: upstream.origin, REQUEST_TIMEOUT_MS: '300' });
    await expect(send(gateway.port, { path: '/api/' })).rejects.toThrow('aborted');
    expect(await gateway.logged((line) => line.route === '/api')).toMatchObject({ error: 'whole-timeout' });
  });

  it('closes without an answer gives 502; a write is sent once, a read twice more', async () => {
    const seen: string[] = [];
    const upstream = await startTcp((socket) => {
      socket.once('data', (data) => {
        seen.push(data.toString().split(' ', 1)[0] ?? '');
        socket.destroy();
      });
    });
    const gateway = await startGateway({ BACKEND_URL: upstream.origin });
    for (const method of ['POST', 'PUT', 'DELETE', 'GET'])
      expect((await failure(gateway, { method })).status).toBe(502);
    expect(seen).toEqual(['POST', 'PUT', 'DELETE', 'GET', 'GET', 'GET']);
  });

  it('says something on an idle connection that nobody asked fails no read', async () => {
    const upstream = await startTcp((socket) => {
      socket.on('data', () => {
        const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
        // In one piece with the answer, and a moment later.
        socket.write(`${ok}HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n`);
        setImmediate(() => socket.write(ok));
      });
    });
    // So few that requests wait for them.
    const gateway = await startGateway({ BACKEND_URL: upstream.origin, UPSTREAM_CONNECTIONS: '2' });
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => send(gateway.port, { path: '/api/' })),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
  });

  it.each([
    'nonsense\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
  ])('answers %j gives 502', async (answer) => {
    const upstream = await startTcp((socket) => {
      socket.once('data', () => socket.write(answer));
    });
    const gateway = await startGateway({ BACKEND_URL: upstream.origin });
    expect((await failure(gateway, { method: 'POST' })).status).toBe(502);
  });

  it('comes up while a request waits for it serves that request, a write with its body too', async () => {
    const port = await freePort();
    const gateway = await startGateway({ BACKEND_URL: `http://127.0.0.1:${port}` });
    const refused = new Promise<FakeUpstream>((resolve) => {
      const begin = (): void => {
        unsubscribe('undici:client:connectError', begin);
        // Listening on an address takes effect before this returns, and so before the next attempt.
        resolve(startUpstream(undefined, port));
      };
      subscribe('undici:client:connectError', begin);
    });
    const answer = await send(gateway.port, { method: 'POST', path: '/api/', body: 'a body' });
    expect(answer.status).toBe(200);
    expect((await refused).requests).toHaveLength(1);
    expect(await gateway.logged((line) => line.route === '/api')).toMatchObject({ retries: 1 });
  });
});

describe('a client that', () => {
  it('goes away takes its upstream request with it', async () => {
    const gone: Promise<unknown>[] = [];
    let arrived: () => void = () => {};
    const reached = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const upstream = await startUpstream((req) => {
      gone.push(once(req.socket, 'close'));
      arrived();
    });
    const gateway = await startGateway({ BACKEND_URL: upstream.origin });
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write('GET /api/ HTTP/1.1\r\nHost: a\r\n\r\n');
    await reached;
    socket.destroy();
    await Promise.all(gone);
    expect(await gateway.logged((line) => line.route === '/api')).toMatchObject({
      status: 499,
      error: 'client-gone',
    });
  });

  it('stops sending its body gets 408, and the upstream sees no whole request', async () => {
    let whole = false;
    const upstream = await startUpstream((req) => req.resume().on('end', () => (whole = true)));
    const gateway = await startGateway({ BACKEND_URL: upstream.origin, IDLE_TIMEOUT_MS: '100' });
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write('POST /api/ HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf');
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 408 /);
    expect(whole).toBe(false);
    socket.destroy();
  });

  it('never finishes its headers gets 408', async () => {
    const gateway = await startGateway({ IDLE_TIMEOUT_MS: '100' });
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost:');
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 408 /);
    socket.destroy();
  });
});
