import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers one request in its own way; the usual answer is left out. */
export type Reply = (response: ServerResponse) => void;

/** A server that keeps the backend's contract below `/api`, in memory, and can be told to fail. */
export interface FakeBackend {
  readonly url: string;
  /** `POST /api/`, in the order of arrival. */
  readonly requests: readonly string[];
  readonly rows: readonly string[];
  /** The next request of this kind gets this reply instead; replies queue up. */
  next(request: string, reply: Reply): void;
  stop(): Promise<void>;
}

/** Starts with as many rows as are given. */
export async function startBackend(rows: readonly string[] = []): Promise<FakeBackend> {
  const kept = [...rows];
  const requests: string[] = [];
  const replies = new Map<string, Reply[]>();
  const server = createServer((request, response) => {
    const name = `${request.method} ${request.url}`;
    requests.push(name);
    request.resume();
    const reply = replies.get(name)?.shift();
    if (reply !== undefined) return reply(response);
    if (name === 'GET /api/') return json(response, 200, { count: kept.length });
    if (name === 'POST /api/') {
      kept.push(`made-${kept.length + 1}`);
      // As in the contract: an absolute URL, the host and the missing prefix being no concern of the page.
      return void response.writeHead(201, { location: `http://backend.internal:8080/${kept.length}` }).end();
    }
    const id = Number(/^GET \/api\/(\d+)$/.exec(name)?.[1]);
    const data = kept[id - 1];
    if (data === undefined) return json(response, 404, {});
    return json(response, 200, { id, data, createdAt: '2026-11-23T05:27:00.123456Z' });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    rows: kept,
    next(request, reply) {
      replies.set(request, [...(replies.get(request) ?? []), reply]);
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Answers with JSON. */
export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Holds a request until it is let go, and then answers it. */
export function held(reply: Reply): {
  readonly reply: Reply;
  readonly arrived: Promise<void>;
  letGo(): void;
} {
  const arrived = Promise.withResolvers<void>();
  const free = Promise.withResolvers<void>();
  return {
    reply: (response) => {
      arrived.resolve();
      void free.promise.then(() => reply(response));
    },
    arrived: arrived.promise,
    letGo: () => free.resolve(),
  };
}
