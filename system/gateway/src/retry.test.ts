import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Pool } from 'undici';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { type RunningGateway, send, startGateway, startTcp, startUpstream, stopAll } from './testing.ts';

afterEach(stopAll);

const REQUESTS = 3_000;
const CLIENTS = 16;

/**
 * Sends GETs and POSTs from several clients at once; returns how many had each status, and how many of the
 * gateway's log lines tell of each error.
 */
async function load(
  gateway: RunningGateway,
  between?: (sent: number) => void,
): Promise<Record<string, number>> {
  const pool = new Pool(`http://127.0.0.1:${gateway.port}`, { connections: CLIENTS });
  onTestFinished(() => pool.destroy());
  const statuses: Record<string, number> = {};
  let sent = 0;
  const client = async (): Promise<void> => {
    while (sent < REQUESTS) {
      const method = sent++ % 2 === 0 ? 'POST' : 'GET';
      between?.(sent);
      const { statusCode, body } = await pool.request({ method, path: '/api/' });
      await body.dump();
      const key = `${method} ${statusCode}`;
      statuses[key] = (statuses[key] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  for (const { error, retries, method } of gateway.lines) {
    if (error === undefined) continue;
    const key = `${method} failed after ${retries ?? 0} further attempts: ${error}`;
    statuses[key] = (statuses[key] ?? 0) + 1;
  }
  return statuses;
}

/** Answers each request on a connection, and says that the connection stays. */
function serve(socket: Socket, written: { count: number }, afterwards: () => void): void {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
    for (let end = text.indexOf('\r\n\r\n'); end !== -1; end = text.indexOf('\r\n\r\n')) {
      const isPost = text.startsWith('POST');
      if (isPost) written.count++;
      text = text.slice(end + 4);
      socket.write(
        `HTTP/1.1 ${isPost ? 201 : 200} OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok`,
      );
      afterwards();
    }
  });
}

const ALL_WELL = { 'POST 201': REQUESTS / 2, 'GET 200': REQUESTS / 2 };

describe('kept-alive connections that close under requests', () => {
  it.each([
    ['after a moment of idleness', 1],
    ['a little later', 3],
    ['right after the answer', 0],
  ])('%s fail no request, and no write happens twice', async (_when, idle) => {
    const written = { count: 0 };
    const upstream = await startTcp((socket) => {
      let timer: NodeJS.Timeout | undefined;
      serve(socket, written, () => {
        clearTimeout(timer);
        // Without a word, and in the way that loses what is under way.
        if (idle === 0) setImmediate(() => socket.destroy());
        else timer = setTimeout(() => socket.resetAndDestroy(), idle);
      });
      socket.on('close', () => clearTimeout(timer));
    });
    const gateway = await startGateway({ BACKEND_URL: upstream.origin });
    expect(await load(gateway)).toEqual(ALL_WELL);
    expect(written.count).toBe(REQUESTS / 2);
  });

  it('fail no request when the upstream drops all that look idle under load, as one that restarts does', async () => {
    const written = { count: 0 };
    const sockets = new Set<Socket>();
    const upstream = await startTcp((socket) => {
      // New ones have a request on the way; the race is about those that had one before.
      serve(socket, written, () => sockets.add(socket));
      socket.on('close', () => sockets.delete(socket));
    });
    const gateway = await startGateway({ BACKEND_URL: upstream.origin });
    const statuses = await load(gateway, (sent) => {
      if (sent % 20 === 0) for (const socket of sockets) socket.resetAndDestroy();
    });
    expect(statuses).toEqual(ALL_WELL);
    expect(written.count).toBe(REQUESTS / 2);
    expect(await gateway.metrics()).toMatch(/upstream_retries_total\{route="\/api",kind="closed"\} [1-9]/);
  });

  it('fail no request with a Node server that keeps connections for a millisecond', async () => {
    const upstream = await startUpstream((req, res) =>
      res.writeHead(req.method === 'POST' ? 201 : 200).end(),
    );
    const server: Server = upstream.server;
    server.keepAliveTimeout = 1;
    const gateway = await startGateway({ BACKEND_URL: upstream.origin });
    expect(await load(gateway)).toEqual(ALL_WELL);
    expect(upstream.requests.filter((r) => r.method === 'POST')).toHaveLength(REQUESTS / 2);
  });

  it('fail no GET that follows a POST', async () => {
    const upstream = await startTcp((socket) =>
      serve(socket, { count: 0 }, () => setImmediate(() => socket.destroy())),
    );
    const gateway = await startGateway({ BACKEND_URL: upstream.origin });
    for (let i = 0; i < 100; i++) {
      expect((await send(gateway.port, { method: 'POST', path: '/api/' })).status).toBe(201);
      expect((await send(gateway.port, { path: '/api/' })).status).toBe(200);
    }
  });
});
