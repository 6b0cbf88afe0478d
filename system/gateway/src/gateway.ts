import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Exchange, type Services } from './exchange.ts';
import { health } from './lifecycle.ts';
import { type Peer, peersOf } from './peer.ts';
import { type Problem, rawProblem, TOO_LARGE } from './problem.ts';
import { type RequestHeaders, readRequestHeaders } from './request-headers.ts';
import { routeTarget } from './route.ts';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const ALLOW = [...METHODS].join(', ');
const ANY_METHOD = /^[\w!#$%&'*+.^`|~-]{1,64} \S+ HTTP\/1\.[01]\r\n/;
const REFUSED_METHOD: Problem = {
  status: 405,
  detail: 'This method is not served here.',
  headers: ['allow', ALLOW],
};
const READ_ONLY: Problem = {
  status: 405,
  detail: 'This path can only be read.',
  headers: ['allow', 'GET, HEAD'],
};
const UNKNOWN_METHOD: Problem = { status: 501, detail: 'This method is not known here.' };
const NO_UPGRADE: Problem = { status: 501, detail: 'No other protocol is spoken here.' };
const NO_EXPECTATION: Problem = { status: 417, detail: 'Only the expectation "100-continue" can be met.' };
const NOT_FOUND: Problem = { status: 404, detail: 'There is nothing under this path.' };
const STOPPING: Problem = {
  status: 503,
  detail: 'This gateway is about to stop.',
  headers: ['retry-after', '1'],
};

interface Connection {
  readonly peer: Peer;
  /** The newest request. */
  request: IncomingMessage;
  /** An answer has said that this is the last: what the client sent after it is not worked on. */
  closing: boolean;
}

/** What Node's parser says of bytes that are no request. */
type Unreadable = NodeJS.ErrnoException & { readonly rawPacket?: Buffer };

/** The public server. */
export interface Gateway {
  readonly server: Server;
  /** Stops the watch over deadlines; closing the server is up to the caller. */
  stop(): void;
}

/**
 * Makes the public server; the caller lets it listen.
 * @param services what the exchanges work with
 */
export function createGateway(services: Services): Gateway {
  const { config, lifecycle, inFlight } = services;
  const { timeouts } = config;
  const peerOf = peersOf(config.trustedProxies);
  const connections = new WeakMap<Duplex, Connection>();
  const server = createServer({
    maxHeaderSize: config.maxHeaderBytes,
    headersTimeout: Math.min(timeouts.idle, timeouts.whole),
    requestTimeout: timeouts.whole,
    connectionsCheckingInterval: Math.max(20, Math.min(5_000, timeouts.idle / 4)),
    keepAliveTimeout: config.keepAlive,
    // A Host is checked with the other fields, so that its absence is logged and answered alike.
    requireHostHeader: false,
    insecureHTTPParser: false,
    noDelay: true,
  });
  // Node would drop fields beyond a number without a word; their total size is limited anyway.
  server.maxHeadersCount = 0;

  /** Opens the exchange; undefined when it was refused for what its headers say. */
  const admit = (request: IncomingMessage, response: ServerResponse): Exchange | undefined => {
    const socket = request.socket;
    let connection = connections.get(socket);
    if (connection === undefined) {
      connection = { peer: peerOf(socket.remoteAddress), request, closing: false };
      connections.set(socket, connection);
    }
    if (connection.closing) return undefined;
    connection.request = request;
    const headers = readRequestHeaders(request.rawHeaders, connection.peer);
    const exchange = new Exchange(request, response, headers, services);
    const problem = objection(request.method ?? '', headers, config.maxBodyBytes);
    if (problem === undefined) return exchange;
    connection.closing = problem.headers?.[0] === 'connection';
    exchange.refuse(problem);
    return undefined;
  };

  const handle = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void => {
    const exchange = admit(request, response);
    if (exchange === undefined) return;
    const target = request.url ?? '';
    const question = target.indexOf('?');
    const path = question === -1 ? target : target.slice(0, question);
    const state = health(path, lifecycle);
    if (state !== undefined) {
      if (request.method === 'GET' || request.method === 'HEAD')
        exchange.answer(path, state.status, state.body);
      else exchange.refuse(READ_ONLY);
      return;
    }
    if (lifecycle.phase === 'closing') {
      exchange.refuse(STOPPING);
      return;
    }
    const routing = routeTarget(target, config.routes);
    if (routing.kind === 'routed') exchange.forward(routing.route, routing.target, expectsContinue);
    else exchange.refuse(routing.kind === 'refused' ? { status: 400, detail: routing.reason } : NOT_FOUND);
  };

  /** Answers what never became a request, or has no response object, and logs it all the same. */
  const refuseRaw = (socket: Duplex, method: string, problem: Problem): void => {
    const id = randomUUID();
    const answer = rawProblem(problem, id);
    services.metrics.request('none', method, problem.status, 0);
    services.log.logger.info({
      method,
      route: 'none',
      status: problem.status,
      durationMs: 0,
      requestId: id,
      bytes: answer.length - answer.indexOf('\r\n\r\n') - 4,
    });
    socket.on('error', () => {});
    if (socket.writable) socket.end(answer, () => socket.destroy());
    else socket.destroy();
  };

  server.on('request', (request, response) => handle(request, response, false));
  server.on('checkContinue', (request, response) => handle(request, response, true));
  server.on('checkExpectation', (request, response) => admit(request, response)?.refuse(NO_EXPECTATION));
  server.on('connect', (_request, socket) => refuseRaw(socket, 'CONNECT', REFUSED_METHOD));
  server.on('clientError', (error: Unreadable, socket: Duplex) => {
    const running = [...inFlight].filter((exchange) => exchange.request.socket === socket);
    if (error.code === 'ECONNRESET' || error.code === 'EPIPE' || !socket.writable) {
      socket.destroy();
      return;
    }
    const [first] = running;
    if (first === undefined && connections.get(socket)?.request.complete === false) {
      // It is about what is left of a request that was answered, and logged, before it was read to its end.
      socket.destroy();
      return;
    }
    const problem = unreadable(error);
    if (first === undefined) {
      refuseRaw(socket, '-', problem);
      return;
    }
    // Later ones wait for the first one's answer, after which nothing on this connection can be trusted.
    for (const exchange of running) exchange.fail({ ...problem, headers: ['connection', 'close'] });
    socket.end(() => socket.destroy());
  });

  const shortest = Math.min(timeouts.response, timeouts.idle, timeouts.whole);
  const watch = setInterval(
    () => {
      const now = performance.now();
      for (const exchange of inFlight) exchange.check(now);
    },
    Math.max(5, Math.min(250, shortest / 8)),
  );
  watch.unref();

  return { server, stop: () => clearInterval(watch) };
}

function objection(method: string, headers: RequestHeaders, maxBodyBytes: number): Problem | undefined {
  if (!METHODS.has(method)) return method === 'TRACE' ? REFUSED_METHOD : UNKNOWN_METHOD;
  if (headers.refusal !== undefined) return { ...headers.refusal, headers: ['connection', 'close'] };
  // An offer of HTTP/2 may be passed over (RFC 9110 section 7.8); whoever asks for something else needs it.
  if (headers.upgrade !== undefined && headers.upgrade !== 'h2c') return NO_UPGRADE;
  if (headers.bodyLength > maxBodyBytes) return TOO_LARGE;
  return undefined;
}

function unreadable(error: Unreadable): Problem {
  switch (error.code) {
    case 'HPE_INVALID_METHOD':
      // The parser has a list of the methods it knows, but any word may be one (RFC 9110 section 9.1).
      if (ANY_METHOD.test(error.rawPacket?.toString('latin1') ?? '')) return UNKNOWN_METHOD;
      break;
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, detail: 'The request line and headers are larger than allowed.' };
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { status: 413, detail: 'The chunk extensions are larger than allowed.' };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, detail: 'The request did not arrive in time.' };
  }
  return { status: 400, detail: 'The request is not well-formed HTTP.' };
}
