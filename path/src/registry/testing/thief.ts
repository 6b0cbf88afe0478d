import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A host that credentials must never reach. For tests only. */
export interface Thief {
  /** Its origin. */
  readonly url: string;
  /** Everything that was sent to it: request lines, headers, bodies. */
  readonly loot: string[];
  /** What it answers; 404 without it. */
  answer: ((request: IncomingMessage) => { readonly status: number; readonly body: Buffer }) | undefined;
  close(): Promise<void>;
}

/** Starts a thief on a free port of this machine. */
export async function startThief(): Promise<Thief> {
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of request) pieces.push(piece);
    } catch {
      // What came until then is in the loot all the same.
    }
    thief.loot.push(
      `${request.method} ${request.url}\n${request.rawHeaders.join('\n')}\n${Buffer.concat(pieces)}`,
    );
    const { status, body } = thief.answer?.(request) ?? { status: 404, body: Buffer.alloc(0) };
    response.writeHead(status, { 'content-length': body.byteLength }).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const thief: Thief = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    loot: [],
    answer: undefined,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return thief;
}
