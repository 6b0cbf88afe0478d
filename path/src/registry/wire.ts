import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import { type Patience, WireTimeout } from './patience.ts';

/** A request as it goes over the wire. */
export interface Outgoing {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | Readable | null;
}

/** Sends requests over a few connections that stay open. */
export interface Wire {
  /**
   * Resolves when the answer begins; its body is to be read to the end or destroyed, and how long that takes is the
   * reader's to limit (`atPace`). Rejects with the system's error,
   * a WireTimeout, or what the request's own body failed with.
   */
  send(url: URL, outgoing: Outgoing): Promise<IncomingMessage>;
  /** Closes all connections. */
  close(): void;
}

/** How a wire is set up. */
export interface WireOptions {
  /** How many connections to one server there are at most. */
  readonly connections: number;
  /** Whether the proxies that the environment names (HTTPS_PROXY, NO_PROXY, …) are used. */
  readonly proxied: boolean;
  readonly signal: AbortSignal;
  readonly patience: Pick<Patience, 'connect' | 'answer'>;
}

/**
 * A wire over Node's own HTTP client: it is part of the program, where a library of 110 files takes longer to load than
 * it takes to ask a registry for an image that it has. Imported as a module, node:http would load its fetch as well.
 */
export function openWire(options: WireOptions): Wire {
  const { connections, proxied, signal, patience } = options;
  const settings = {
    keepAlive: true,
    maxSockets: connections,
    ...(proxied ? { proxyEnv: process.env } : {}),
  };
  const http = process.getBuiltinModule('node:http');
  const plain = new http.Agent(settings);
  let secure: HttpsAgent | undefined;

  const begin = async (url: URL, { method, headers }: Outgoing): Promise<ClientRequest> => {
    const common = { method, headers, signal };
    if (url.protocol === 'http:') return http.request(url, { ...common, agent: plain });
    const https = process.getBuiltinModule('node:https');
    secure ??= new https.Agent(settings);
    return https.request(url, { ...common, agent: secure });
  };

  return {
    async send(url, outgoing) {
      const request = await begin(url, outgoing);
      return new Promise((resolve, reject) => {
        let answer: IncomingMessage | undefined;
        // Not the socket's timeout: that begins anew with each byte, of an endless head as well.
        const late = setTimeout(() => request.destroy(new WireTimeout('ANSWER_TIMEOUT')), patience.answer);
        request.once('close', () => clearTimeout(late));
        // What breaks after the answer began reaches whoever reads it; nobody waits for this then.
        request.on('error', reject);
        limitWaiting(request, patience);
        request.once('response', (response) => {
          answer = response;
          clearTimeout(late);
          // Whoever answers before the end of a request does not want its rest, and the connection is out of step.
          response.once('end', () => request.writableFinished || request.destroy());
          resolve(response);
        });
        const sent = () => {
          if (answer === undefined && !request.destroyed) late.refresh();
        };
        sendBody(request, outgoing.body, { answered: () => answer !== undefined, sent }).catch(
          (error: Error) => request.destroy(error),
        );
      });
    },
    close() {
      plain.destroy();
      secure?.destroy();
    },
  };
}

function limitWaiting(request: ClientRequest, patience: Pick<Patience, 'connect'>): void {
  request.once('socket', (socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(() => request.destroy(new WireTimeout('CONNECT_TIMEOUT')), patience.connect);
    const stop = () => clearTimeout(timer);
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', stop).once('close', stop);
  });
}

async function sendBody(
  request: ClientRequest,
  body: Outgoing['body'],
  on: { readonly answered: () => boolean; readonly sent: () => void },
): Promise<void> {
  if (body === null || body instanceof Uint8Array) {
    request.end(body ?? undefined);
    return;
  }
  for await (const piece of body) {
    if (on.answered() || request.destroyed) return;
    if (!request.write(piece)) await room(request);
    on.sent();
  }
  request.end();
}

/** Resolves when more may be written, or when there is no more use in it. */
function room(request: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const events = ['drain', 'response', 'close'] as const;
    const go = () => {
      for (const event of events) request.off(event, go);
      resolve();
    };
    for (const event of events) request.on(event, go);
    if (request.destroyed) go();
  });
}
