import { setTimeout as wait } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { Emit } from '../core/event.ts';
import { StepFailed } from '../core/failure.ts';
import type { Secret } from '../core/secret.ts';
import { KubernetesError, readStatus } from './error.ts';
import { type Access, readAccess } from './kubeconfig.ts';
import { type Outage, outageOf } from './outage.ts';

/** A request to the API server. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the server's URL: `/api/v1/namespaces`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** Of the body; `application/json` unless told. */
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

/** Talks to one API server over connections that stay open. */
export interface KubernetesClient {
  readonly server: string;
  /**
   * Sends a request and returns the answer's status code and document. Waits and tries again where the server is
   * busy or a connection broke under a request that may be repeated.
   * @throws KubernetesError for an answer of 400 and above; StepFailed where the server cannot be reached
   */
  send<T>(request: ApiRequest): Promise<{ readonly status: number; readonly body: T }>;
  /** The document at a path. Throws KubernetesError where there is none. */
  get<T>(path: string, query?: ApiRequest['query'], signal?: AbortSignal): Promise<T>;
  /** The document at a path, or undefined where there is none (404). */
  find<T>(path: string, query?: ApiRequest['query'], signal?: AbortSignal): Promise<T | undefined>;
  /** An answer that is read while it arrives: a watch, a log. Throws as `send` does. */
  stream(path: string, query: ApiRequest['query'], signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /**
   * Opens a WebSocket to a path (RFC 6455); it may still fail to open, which its events tell.
   * @param protocols the subprotocols that may be spoken
   */
  socket(path: string, protocols: readonly string[]): Promise<WebSocket>;
  /** Closes the connections. */
  close(): Promise<void>;
}

/** How often a request is tried in all. */
const attempts = 5;

/**
 * A client for the current context of a kubeconfig. No request is sent yet.
 * @param token is asked for a bearer token before each request; the kubeconfig's user is left aside then
 * @param emit is told where the server goes away after it has answered: then it is waited for, for a minute at most.
 *   Left out: one that does not answer is given up within seconds.
 * @throws UserMistake where the kubeconfig cannot be used
 */
export async function connect(
  kubeconfig: Secret,
  token?: () => Promise<Secret>,
  emit?: Emit,
): Promise<KubernetesClient> {
  const access = await readAccess(kubeconfig, token);
  const outage = emit === undefined ? undefined : outageOf(access.server, emit);
  // Watches hold a connection each; they get an agent of their own so that they never keep requests waiting.
  const requests = new Agent({
    connect: { ...access.tls },
    connections: 8,
    allowH2: false,
    headersTimeout: 60_000,
  });
  const streams = new Agent({
    connect: { ...access.tls },
    allowH2: false,
    bodyTimeout: 0,
    headersTimeout: 60_000,
  });

  const open = async (agent: Agent, sent: ApiRequest) => {
    const authorization = await access.authorization();
    const done = outage?.watch();
    const answer = await request(`${access.server}${sent.path}${queryText(sent.query)}`, {
      dispatcher: agent,
      method: sent.method,
      headers: {
        accept: 'application/json',
        'user-agent': 'ptp',
        ...(authorization === undefined ? {} : { authorization }),
        ...(sent.body === undefined ? {} : { 'content-type': sent.contentType ?? 'application/json' }),
      },
      ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body) }),
      ...(sent.signal === undefined ? {} : { signal: sent.signal }),
    }).finally(done);
    outage?.answered();
    return answer;
  };

  const sendOnce = async <T>(sent: ApiRequest) => {
    const answer = await open(requests, sent);
    if (answer.statusCode >= 400) throw await refusal(sent, answer);
    const text = await answer.body.text();
    return {
      status: answer.statusCode,
      body: (text === '' ? undefined : documentOf(text, sent, access)) as T,
    };
  };

  const client: KubernetesClient = {
    server: access.server,
    send: async (sent) => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await sendOnce(sent);
        } catch (error) {
          sent.signal?.throwIfAborted();
          const pause = retryAfter(error, sent, attempt, outage);
          if (pause === undefined) throw described(error, access);
          await wait(pause, undefined, given({ signal: sent.signal })).catch(() => {});
          sent.signal?.throwIfAborted();
        }
      }
    },
    get: async <T>(path: string, query?: ApiRequest['query'], signal?: AbortSignal) =>
      (await client.send<T>({ method: 'GET', path, ...given({ query, signal }) })).body,
    find: async <T>(path: string, query?: ApiRequest['query'], signal?: AbortSignal) => {
      try {
        return await client.get<T>(path, query, signal);
      } catch (error) {
        if (error instanceof KubernetesError && error.code === 404) return undefined;
        throw error;
      }
    },
    stream: async (path, query, signal) => {
      const sent: ApiRequest = { method: 'GET', path, signal, ...given({ query }) };
      try {
        const answer = await open(streams, sent);
        if (answer.statusCode >= 400) throw await refusal(sent, answer);
        return answer.body;
      } catch (error) {
        signal.throwIfAborted();
        throw described(error, access);
      }
    },
    socket: async (path, protocols) => {
      const [{ WebSocket: Socket }, authorization] = await Promise.all([
        import('undici'),
        access.authorization(),
      ]);
      return new Socket(`${access.server.replace(/^http/, 'ws')}${path}`, {
        protocols: [...protocols],
        dispatcher: streams,
        headers: {
          'user-agent': 'ptp',
          ...(authorization === undefined ? {} : { authorization }),
        },
      }) as unknown as WebSocket;
    },
    close: async () => {
      await Promise.all([requests.destroy(), streams.destroy()]);
    },
  };
  return client;
}

async function refusal(
  sent: ApiRequest,
  answer: Awaited<ReturnType<typeof request>>,
): Promise<KubernetesError> {
  const text = await answer.body.text();
  const after = Number(answer.headers['retry-after']);
  return new KubernetesError(
    `${sent.method} ${sent.path}`,
    answer.statusCode,
    readStatus(text),
    Number.isFinite(after) ? after : undefined,
  );
}

function documentOf(text: string, sent: ApiRequest, access: Access): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new StepFailed(
      {
        what: `the cluster's API server at ${access.server} answered ${sent.method} ${sent.path} with something that is no JSON`,
        next: 'Check that this is the address of an API server, and what stands before it.',
      },
      { cause: error },
    );
  }
}

/** Milliseconds to wait before trying again; undefined: do not. */
function retryAfter(
  error: unknown,
  sent: ApiRequest,
  attempt: number,
  outage: Outage | undefined,
): number | undefined {
  const backoff = Math.min(100 * 2 ** (attempt - 1), 1000);
  if (error instanceof KubernetesError) {
    if (attempt >= attempts || !error.temporary) return undefined;
    return error.retryAfter === undefined ? backoff : Math.min(error.retryAfter * 1000, 10_000);
  }
  const code = codeOf(error);
  // A POST may have been carried out although its answer was lost.
  const repeatable = sent.method !== 'POST' || notSent.has(code);
  if (!repeatable) return undefined;
  if (connectionLost.has(code) && attempt < attempts) {
    outage?.lost();
    return backoff;
  }
  return (connectionLost.has(code) || silent.has(code)) && outage?.lost() === true ? backoff : undefined;
}

const connectionLost = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'ECONNREFUSED', 'ETIMEDOUT']);
/** Codes of a server that says nothing at all. */
const silent = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT']);
/** Codes of a request that has not left. */
const notSent = new Set(['ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT']);

function described(error: unknown, access: Access): unknown {
  if (error instanceof KubernetesError) return error;
  const code = codeOf(error);
  if (code === '' || !(error instanceof Error)) return error;
  return new StepFailed(
    {
      what: `the cluster's API server at ${access.server} cannot be reached: ${error.message || code}`,
      next: 'Run `ptp doctor`, and look whether the cluster runs.',
    },
    { cause: error },
  );
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'cause' in error ? codeOf(error.cause) : '';
}

function queryText(query: ApiRequest['query']): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {}))
    if (value !== undefined) parameters.set(name, String(value));
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

/** The properties that have a value. */
function given<T extends object>(properties: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
