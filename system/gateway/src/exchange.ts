import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Config } from './config.ts';
import type { Lifecycle } from './lifecycle.ts';
import { publicLocation } from './location.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { pauseBeforeNext } from './next-attempt.ts';
import { type Problem, problemDocument, problemHeaders, TOO_LARGE, TOO_SLOW } from './problem.ts';
import { BodyTooLarge, RequestBody } from './request-body.ts';
import type { RequestHeaders } from './request-headers.ts';
import { readResponseHeaders } from './response-headers.ts';
import type { Route } from './route.ts';
import { type ErrorKind, kindOfError, problemOfKind } from './upstream-error.ts';
import type { Upstream } from './upstreams.ts';

/** What all exchanges share. */
export interface Services {
  readonly config: Config;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly lifecycle: Lifecycle;
  readonly isInternal: (host: string, hostname: string) => boolean;
  /** The exchanges that are not over. */
  readonly inFlight: Set<Exchange>;
}

const OVER = new Error('the exchange is over');

/**
 * One request and its response, from the client's headers to the log line.
 *
 * It is its own handler for undici: one object serves the whole exchange, and pieces of the response go
 * straight from the upstream's parser to the client's socket.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #headers: RequestHeaders;
  readonly #services: Services;
  readonly #start = performance.now();
  #route = 'none';
  #upstream: Upstream | undefined;
  #target = '';
  #body: RequestBody | undefined;
  #expectsContinue = false;
  #controller: Dispatcher.DispatchController | undefined;
  /** Whether the present attempt began to send the request. */
  #sent = false;
  /** Whether the request may be sent twice. */
  #safe = false;
  /** Whether the present attempt is on a connection that may have been idle. */
  #reusing = false;
  #retries = 0;
  #pauses = 0;
  #answered = false;
  #upstreamDone = true;
  #paused = false;
  #cut: ErrorKind | undefined;
  #deadline = Number.POSITIVE_INFINITY;
  #bytes = 0;
  #error: string | undefined;
  #over = false;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    headers: RequestHeaders,
    services: Services,
  ) {
    this.request = request;
    this.#response = response;
    this.#headers = headers;
    this.#services = services;
    services.inFlight.add(this);
    response.on('close', () => this.#finish());
  }

  /** Answers with a problem document. */
  refuse(problem: Problem): void {
    const id = this.#headers.requestId;
    const body = problemDocument(problem, id);
    this.#write(problem.status, problemHeaders(problem, body, id), body);
  }

  /** Answers with a small JSON document of the gateway's own. */
  answer(route: string, status: number, body: string): void {
    this.#route = route;
    const id = this.#headers.requestId;
    const fields = ['content-type', 'application/json', 'cache-control', 'no-store', 'x-request-id', id];
    fields.push('content-length', String(body.length));
    this.#write(status, fields, body);
  }

  /**
   * Sends the request to the route's upstream and its response to the client.
   * @param target the request target for the upstream
   * @param expectsContinue whether the client waits for `100 Continue` before it sends the body
   */
  forward(route: Route, target: string, expectsContinue: boolean): void {
    this.#route = route.prefix;
    this.#target = target;
    this.#expectsContinue = expectsContinue;
    this.#upstream = this.#services.upstreams.get(route.upstream);
    // Methods without effect (RFC 9110 section 9.2.1) may be sent twice.
    const method = this.request.method;
    const isRead = method === 'GET' || method === 'OPTIONS' || method === 'HEAD';
    this.#safe = this.#headers.bodyLength === 0 && isRead;
    // Undici closes the connection after HEAD, which would cost the others a reused one.
    this.#reusing = this.#safe && method !== 'HEAD';
    this.#attempt();
  }

  /** Gives up when it is too late. Called for all exchanges now and then, which spares each its own timers. */
  check(now: number): void {
    const { whole } = this.#services.config.timeouts;
    if (now - this.#start > whole) this.#giveUp('whole-timeout');
    else if (now <= this.#deadline || this.#answered) return;
    else if (this.#body?.started && !this.#body.held && !this.request.complete) this.#failSlowClient();
    else this.#giveUp('response-timeout');
  }

  /** The client sent something that cannot be read: nothing more can be said to it on this connection. */
  fail(problem: Problem): void {
    if (!this.#answered && !this.#over) this.refuse(problem);
    else this.#response.destroy();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#sent = true;
    if (this.#over || this.#answered) controller.abort(OVER);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    // Interim responses (1xx) are between the two neighbours only.
    if (status < 200 || this.#answered) return;
    const raw = controller.rawHeaders;
    const fields = readResponseHeaders(isBuffers(raw) ? raw : [], (value) =>
      publicLocation(value, this.#headers.publicOrigin, this.#services.isInternal),
    );
    fields.push('x-request-id', this.#headers.requestId);
    if (this.#isLast()) fields.push('connection', 'close');
    this.#response.writeHead(status, fields);
    this.#answered = true;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#response.write(chunk)) return;
    controller.pause();
    if (this.#paused) return;
    this.#paused = true;
    this.#response.on('drain', () => this.#controller?.resume());
  }

  onResponseEnd(): void {
    this.#upstreamDone = true;
    this.#response.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#upstreamDone = true;
    if (this.#over) return;
    if (error instanceof BodyTooLarge) {
      if (!this.#answered) this.refuse(TOO_LARGE);
      return;
    }
    const kind = this.#cut ?? kindOfError(error);
    this.#services.metrics.upstreamError(this.#route, kind);
    if (this.#answered) {
      // Too late for a status: a broken connection tells the client that something is missing.
      if (!this.#response.writableEnded) {
        this.#error ??= kind;
        this.#response.destroy();
      }
      return;
    }
    if (this.#retry(kind)) return;
    this.#error = kind === 'internal' ? `internal: ${error.message}` : kind;
    this.refuse(problemOfKind(kind));
  }

  #attempt(): void {
    const upstream = this.#upstream;
    if (upstream === undefined || this.#over) return;
    const { bodyLength, forward } = this.#headers;
    const { config } = this.#services;
    this.#controller = undefined;
    this.#sent = false;
    this.#upstreamDone = false;
    this.#progress();
    let body: RequestBody | null = null;
    if (bodyLength !== 0) {
      const onStart = (): void => {
        if (this.#expectsContinue) this.#response.writeContinue();
      };
      body = new RequestBody(this.request, config.maxBodyBytes, onStart, () => this.#progress());
      // Undici stops listening when it has given up, and an unheard error would end the process.
      body.on('error', () => {});
      this.#body = body;
    }
    const options = { method: this.request.method ?? 'GET', path: this.#target, headers: forward, body };
    if (this.#reusing) upstream.reused.dispatch(options, this);
    else upstream.fresh.dispatch({ ...options, reset: true }, this);
  }

  /** Tries again when that can do no harm; false when it could, or is of no use. */
  #retry(kind: ErrorKind): boolean {
    if (this.#cut !== undefined || this.#body?.started) return false;
    const pause = pauseBeforeNext({
      kind,
      safe: this.#safe,
      reusing: this.#reusing,
      sent: this.#sent,
      pauses: this.#pauses,
    });
    if (pause === undefined) return false;
    this.#retries++;
    this.#services.metrics.retry(this.#route, kind);
    if (pause === 0) {
      this.#reusing = false;
      this.#attempt();
      return true;
    }
    this.#pauses++;
    setTimeout(() => {
      if (!this.#answered) this.#attempt();
    }, pause);
    return true;
  }

  #progress(): void {
    const { timeouts } = this.#services.config;
    const waitsForClient = this.#headers.bodyLength !== 0 && !this.request.complete && this.#body?.started;
    this.#deadline = performance.now() + (waitsForClient ? timeouts.idle : timeouts.response);
  }

  #failSlowClient(): void {
    this.#error = 'slow-client';
    this.refuse(TOO_SLOW);
    this.#controller?.abort(OVER);
  }

  #giveUp(kind: ErrorKind): void {
    if (this.#cut !== undefined) {
      // It was given up before and the client does not even take the answer.
      this.#response.destroy();
      return;
    }
    this.#cut = kind;
    if (this.#controller !== undefined && !this.#upstreamDone) this.#controller.abort(OVER);
    else this.onResponseError(null, OVER);
  }

  #write(status: number, fields: string[], body: string): void {
    if (this.#response.headersSent || this.#over) return;
    this.#answered = true;
    if (this.#isLast() && !fields.includes('connection')) fields.push('connection', 'close');
    this.#response.writeHead(status, fields);
    if (this.request.method !== 'HEAD') this.#bytes = Buffer.byteLength(body);
    this.#response.end(body);
  }

  /** Whether the connection must end with this answer. */
  #isLast(): boolean {
    if (this.#services.lifecycle.phase !== 'serving') return true;
    // A client that was not told to go on may send its body or leave it out (RFC 9110 section 10.1.1).
    const { complete, headers } = this.request;
    return this.#headers.bodyLength !== 0 && !complete && !this.#body?.started && 'expect' in headers;
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#body?.destroy();
    const { inFlight, metrics, log } = this.#services;
    inFlight.delete(this);
    const complete = this.#response.writableFinished;
    if (!this.#upstreamDone) this.#controller?.abort(OVER);
    const status = this.#answered ? this.#response.statusCode : 499;
    if (!complete) this.#error ??= 'client-gone';
    const method = this.request.method ?? '-';
    const durationMs = performance.now() - this.#start;
    metrics.request(this.#route, method, status, durationMs / 1000);
    log.logger.info({
      method,
      route: this.#route,
      status,
      durationMs: Math.round(durationMs * 100) / 100,
      requestId: this.#headers.requestId,
      traceId: this.#headers.traceId,
      bytes: this.#bytes,
      ...(this.#retries > 0 ? { retries: this.#retries } : undefined),
      ...(this.#error !== undefined ? { error: this.#error } : undefined),
    });
  }
}

function isBuffers(raw: Dispatcher.DispatchController['rawHeaders']): raw is Buffer[] {
  return Array.isArray(raw) && (raw.length === 0 || Buffer.isBuffer(raw[0]));
}
