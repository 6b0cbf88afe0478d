import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { type Database, DatabaseUnavailable } from './database.ts';
import { parseId } from './id.ts';
import type { RequestMeasure } from './metrics.ts';
import { publicOrigin } from './origin.ts';
import { problem, problemType } from './problem.ts';
import { count, find, insert } from './rows.ts';

/** What the application needs. */
export interface AppOptions {
  readonly database: Database;
  readonly log: Logger;
  readonly observe: (measure: RequestMeasure) => void;
  /** Told of each request that comes; `observe` is told of its end. */
  readonly began?: () => void;
  /** Whether the process is about to end: clients are then told not to reuse their connection. */
  readonly draining: () => boolean;
  /** How long an idle connection stays open, in milliseconds. */
  readonly keepAlive: number;
  /** How many bytes a request body may have. */
  readonly bodyLimit: number;
}

/** How long a request with its body may take to arrive, in milliseconds. */
const requestTimeout = 30_000;
const clientClosedRequest = 499;

/** Makes the public API, not yet listening. There is nothing on it but the contract's paths. */
export function createApp(options: AppOptions): FastifyInstance {
  const { database, log } = options;
  const app = Fastify({
    // The one line a request is ours: see `finished`.
    logger: false,
    // Longer than any gateway keeps its connections, so that it is never this side that closes one
    // just when the next request is on its way.
    keepAliveTimeout: options.keepAlive,
    requestTimeout,
    forceCloseConnections: 'idle',
    // What still arrives during the shutdown is served; the readiness probe keeps new clients away.
    return503OnClosing: false,
    genReqId: (request) => requestId(request.headers),
    routerOptions: {
      // Ids of any length get the same answer.
      maxParamLength: 65_536,
      // The contract ignores query strings, the broken ones too.
      querystringParser: () => ({}),
    },
    frameworkErrors: (_error, request, reply) => {
      begin(request, reply);
      sendProblem(reply, 400);
    },
    clientErrorHandler,
  });

  const failures = new WeakMap<FastifyRequest, unknown>();

  /** Sets what every answer has, and sees to the one log line, also when the client leaves before the answer. */
  function begin(request: FastifyRequest, reply: FastifyReply): void {
    const start = performance.now();
    options.began?.();
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
    reply.raw.once('close', () => {
      const status = reply.raw.writableFinished ? reply.statusCode : clientClosedRequest;
      finish(request, status, performance.now() - start);
    });
  }

  function finish(request: FastifyRequest, status: number, milliseconds: number): void {
    const { method } = request;
    const route = request.routeOptions.url ?? 'none';
    options.observe({ method, route, status, seconds: milliseconds / 1000 });
    const line = {
      method,
      route,
      status,
      ms: Math.round(milliseconds * 100) / 100,
      requestId: request.id,
      ...traceId(request.headers.traceparent),
    };
    const error = failures.get(request);
    if (error === undefined) log.info(line, 'request');
    else log.error({ ...line, err: error }, 'request');
  }

  // A body is ignored, whatever it claims to be; but it is read, so that the connection can be used again.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, body: Readable, done) => drain(body, options.bodyLimit, done));
  app.addHook('onRequest', (request, reply, done) => {
    delete request.raw.headers['content-type'];
    begin(request, reply);
    done();
  });

  // Decided when the answer is sent, for the shutdown may have begun since the request came; a connection that
  // stayed open would hold it up.
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (options.draining()) reply.header('connection', 'close');
    done();
  });

  app.setErrorHandler((error, request, reply) => {
    if (error instanceof DatabaseUnavailable) {
      failures.set(request, error);
      reply.header('retry-after', '1');
      return sendProblem(reply, 503);
    }
    const status = statusOf(error);
    if (status >= 500) failures.set(request, error);
    return sendProblem(reply, status);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const allow =
      path === '/' ? 'GET, HEAD, POST, OPTIONS' : /^\/[^/]+$/.test(path) ? 'GET, HEAD, OPTIONS' : undefined;
    if (allow === undefined) return sendProblem(reply, 404);
    reply.header('allow', allow);
    if (request.method === 'OPTIONS') return reply.code(204).send();
    return sendProblem(reply, 405);
  });

  app.get('/', async (_request, reply) => {
    const rows = await count(database);
    return reply.type('application/json').send(`{"count":${rows}}`);
  });
  app.post('/', async (request, reply) => {
    // Checked before anything is stored: a write that happened is not reported as a failure.
    const origin = publicOrigin(request.headers);
    if (origin === undefined) return sendProblem(reply, 400, 'The host that was asked for is not valid.');
    const id = await insert(database, randomUUID());
    return reply.code(201).header('location', `${origin}/${id}`).send();
  });
  app.get<{ Params: { id: string } }>('/:id', async (request, reply) => {
    const id = parseId(request.params.id);
    if (id === 'malformed') return sendProblem(reply, 400, 'The id is not a number.');
    const row = id === 'none' ? undefined : await find(database, id);
    if (row === undefined) return sendProblem(reply, 404);
    // Written by hand because the id may be above 2^53.
    const { id: digits, ...rest } = row;
    return reply.type('application/json').send(`{"id":${digits},${JSON.stringify(rest).slice(1)}`);
  });
  return app;
}

function sendProblem(reply: FastifyReply, status: number, detail?: string): FastifyReply {
  return reply.code(status).type(problemType).send(problem(status, detail));
}

/** The status that Fastify gave an error of the request's making, else 500. */
function statusOf(error: unknown): number {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}

/**
 * Reads a body to its end and throws it away; a body above the limit or one that breaks off is an error.
 * The one above the limit is read to its end as well: an answer before that would close the connection with
 * unread bytes, which resets it, and a gateway that is still sending would never see the answer.
 */
function drain(body: Readable, limit: number, done: (error: Error | null) => void): void {
  let size = 0;
  let settled = false;
  const settle = (status?: number): void => {
    if (settled) return;
    settled = true;
    done(
      status === undefined ? null : Object.assign(new Error('the body is no good'), { statusCode: status }),
    );
  };
  const brokenOff = (): void => settle(400);
  body
    .on('data', (chunk: Buffer) => {
      size += chunk.length;
    })
    .once('end', () => settle(size > limit ? 413 : undefined))
    .once('error', brokenOff)
    .once('close', brokenOff);
}

/** The gateway's request id where it is a sound one, so that its log and ours can be joined. */
function requestId(headers: IncomingHttpHeaders): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:+/=-]{1,128}$/.test(given) ? given : randomUUID();
}

/** The trace's id from `traceparent` (W3C Trace Context, 3.2). */
function traceId(header: string | string[] | undefined): { readonly traceId?: string } {
  const text = Array.isArray(header) ? undefined : header;
  const id = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/.exec(
    text ?? '',
  )?.[1];
  return id === undefined ? {} : { traceId: id };
}

/** Answers what isn't HTTP, which never becomes a request. */
function clientErrorHandler(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const body = problem(status);
  const head = [
    `HTTP/1.1 ${status} ${JSON.parse(body).title}`,
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
