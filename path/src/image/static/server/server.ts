import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { finished, pipeline } from 'node:stream/promises';
import { type Answer, answer } from './answer.ts';
import type { Log } from './log.ts';
import { manage } from './management.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import type { Settings } from './settings.ts';
import { loadSite, type MemoryLimits, type Site } from './site.ts';

/** A server that answers. */
export interface Running {
  readonly port: number;
  readonly managementPort: number;
  /**
   * Ends as Kubernetes expects it: not ready at once, still serving for `drainSeconds` while the cluster takes
   * the pod out of its lists, then no new connections, then the end of the answers under way.
   */
  stop(): Promise<void>;
}

/** How long answers under way may take after the draining, in milliseconds. */
const lastAnswers = 15_000;

/**
 * Reads the site and listens on both ports.
 * @throws Error when the folder cannot be read, has no index.html, or a port is taken
 */
export async function startServer(settings: Settings, log: Log, limits?: MemoryLimits): Promise<Running> {
  const site = await loadSite(settings.root, limits);
  if (!site.has('/')) throw new Error(`${settings.root} has no index.html`);
  if (settings.fallback !== undefined && !site.has(settings.fallback)) {
    throw new Error(`SPA_FALLBACK names ${settings.fallback}, which ${settings.root} does not have`);
  }

  const metrics = createMetrics();
  let ready = false;
  let stopping: Promise<void> | undefined;
  const page = createServer((request, response) => {
    if (stopping !== undefined) response.shouldKeepAlive = false;
    void serve(request, response, site, settings.fallback, metrics, log);
  });
  // Longer than the gateway keeps idle connections, so that the gateway is the one that closes them.
  page.keepAliveTimeout = 75_000;
  page.headersTimeout = 10_000;
  page.requestTimeout = 30_000;
  page.timeout = 120_000;
  const management = createServer((request, response) => {
    const health = { ready, metrics: () => metrics.text() };
    void send(response, manage(request.method ?? '', request.url ?? '', health));
  });
  management.requestTimeout = 10_000;

  await listen(management, settings.managementPort);
  try {
    await listen(page, settings.port);
  } catch (error) {
    management.close();
    throw error;
  }
  ready = true;
  const running = { port: portOf(page), managementPort: portOf(management) };
  log('info', { message: 'serving', files: site.size, ...running });

  async function drain(): Promise<void> {
    ready = false;
    log('info', { message: 'draining', seconds: settings.drainSeconds });
    await new Promise((done) => setTimeout(done, settings.drainSeconds * 1000));
    const late = setTimeout(() => page.closeAllConnections(), lastAnswers);
    // A connection whose answer began before the draining becomes idle later.
    const idle = setInterval(() => page.closeIdleConnections(), 100);
    await new Promise((done) => {
      page.close(done);
      page.closeIdleConnections();
    });
    clearTimeout(late);
    clearInterval(idle);
    await new Promise((done) => {
      management.close(done);
      management.closeAllConnections();
    });
    log('info', { message: 'stopped' });
  }
  return {
    ...running,
    stop() {
      stopping ??= drain();
      return stopping;
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  site: Site,
  fallback: string | undefined,
  metrics: Metrics,
  log: Log,
): Promise<void> {
  const start = performance.now();
  const { method = '', url = '' } = request;
  const reply = answer(site, { method, target: url, headers: request.headers }, fallback);
  metrics.began();
  response.once('close', () => {
    const seconds = (performance.now() - start) / 1000;
    metrics.ended(method, reply.status, seconds);
    log('info', {
      method,
      // The query may hold what nobody should read in a log.
      path: url.replace(/[?#].*$/s, '').slice(0, 1024),
      status: reply.status,
      seconds: Number(seconds.toFixed(6)),
      bytes: reply.body === undefined ? 0 : Number(reply.headers['content-length']),
      ...traceOf(request),
      ...(response.writableFinished ? {} : { aborted: true }),
    });
  });
  if (hasBody(request)) await readAway(request);
  try {
    await send(response, reply);
  } catch (error) {
    // A client may leave before the end. When the disk fails after the head was sent, all that is left is to stop.
    if (!hasCode(error, 'ERR_STREAM_PREMATURE_CLOSE')) {
      log('error', { message: 'answer failed', error: String(error) });
    }
    response.destroy();
  }
}

async function send(response: ServerResponse, reply: Answer): Promise<void> {
  response.writeHead(reply.status, reply.headers);
  const { body } = reply;
  if (body === undefined) response.end();
  else if ('bytes' in body) response.end(body.bytes);
  else await pipeline(createReadStream(body.path, { start: body.start, end: body.end }), response);
}

/** The trace that the request belongs to (W3C Trace Context, section 3.2), so that its log lines can be joined. */
function traceOf(request: IncomingMessage): { readonly trace?: string } {
  const { traceparent } = request.headers;
  const trace =
    typeof traceparent === 'string' ? /^[\da-f]{2}-([\da-f]{32})-/.exec(traceparent)?.[1] : undefined;
  return trace === undefined ? {} : { trace };
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/**
 * Reads a body that nobody asked for to its end, for as long as the server lets a request take: an answer before that
 * closes a connection on which a proxy may still be sending, and the proxy then tells of a failure that was none.
 */
async function readAway(request: IncomingMessage): Promise<void> {
  request.resume();
  await finished(request).catch(() => {}); // who has left needs no answer
}

function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((done, failed) => {
    server.once('error', failed);
    server.listen(port, () => {
      server.off('error', failed);
      done();
    });
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
