import type { IncomingMessage } from 'node:http';
import { StepFailed, UserMistake } from '../core/failure.ts';
import type { RegistryAccess } from '../core/handover.ts';
import { limits } from '../core/limits.ts';
import type { Context } from '../effects/context.ts';
import type { Ask, Reply } from './ask.ts';
import { createAuthenticator, type TokenAsk } from './authenticate.ts';
import { type FoundCredentials, findCredentials } from './credentials.ts';
import { followLocation, isPrivate, registryEndpoint } from './endpoint.ts';
import type { About } from './failures.ts';
import { networkFailure, statusFailure } from './failures.ts';
import { limit } from './limit.ts';
import { atPace, discard, type Patience, usualPatience } from './patience.ts';
import { retrying, TemporaryFailure } from './retry.ts';
import { bodyLength, openBody } from './send-body.ts';
import { type Outgoing, openWire } from './wire.ts';

/** Where a registry is and, where they are known, the credentials for it. */
export type RegistryPlace = Pick<RegistryAccess, 'url' | 'credentials'>;

/** Sends what asks describe to one registry: authenticated, redirected, retried. */
export interface Client {
  readonly endpoint: URL;
  /** Sends an ask, several times where it fails temporarily. Throws StepFailed or UserMistake. */
  send<T>(ask: Ask<T>): Promise<T>;
  /** Sends an ask once; a failure that may go away is a TemporaryFailure. */
  sendOnce<T>(ask: Ask<T>, onSent?: (bytes: number) => void): Promise<T>;
  /** Sends an ask once and hands on the body as it comes; `reply.body` is empty. */
  open<T>(ask: Ask<T>): Promise<{ readonly answer: T; readonly body: AsyncIterable<Buffer> }>;
  /** Does work again while it fails temporarily. */
  retrying<T>(work: () => Promise<T>): Promise<T>;
  /** Ends every exchange that is still under way. */
  close(): Promise<void>;
}

/** How many requests to one registry are under way at once. */
const connections = 6;
const mostRedirects = 5;
const toldWait = 2_000;

/** A client for one registry; close it at the end. Throws UserMistake for an address that is none. */
export function createClient(
  context: Context,
  place: RegistryPlace,
  patience: Patience = usualPatience,
): Client {
  const endpoint = registryEndpoint(place.url);
  const ended = new AbortController();
  const signal = AbortSignal.any([context.signal, ended.signal]);
  const wire = openWire({ connections, proxied: !isPrivate(endpoint.hostname), signal, patience });
  const inTurn = limit(connections);

  const again = <T>(work: () => Promise<T>): Promise<T> =>
    retrying(
      {
        clock: context.clock,
        signal,
        onWait: (milliseconds, failure: TemporaryFailure) => {
          if (milliseconds < toldWait) return;
          const text = `waiting ${Math.ceil(milliseconds / 1000)} s: ${failure.problems[0]?.what ?? ''}`;
          context.emit({ kind: 'note', step: 'registry', text });
        },
      },
      work,
    );

  const authenticator = createAuthenticator({
    endpoint,
    clock: context.clock,
    find: () => credentialsOf(context, place, endpoint),
    // What was tried five times for a token is not tried five times more for what the token is for.
    fetchToken: (ask, found) =>
      again(() => fetchToken(ask, found)).catch((error: unknown) => {
        throw error instanceof TemporaryFailure ? new StepFailed(error.problems, { cause: error }) : error;
      }),
  });

  const exchange = async (about: About, url: URL, outgoing: Outgoing): Promise<IncomingMessage> => {
    try {
      return await wire.send(url, outgoing);
    } catch (error) {
      throw asFailure(about, url, error);
    }
  };

  const asFailure = (about: About, url: URL, error: unknown): unknown => {
    if (signal.aborted) return signal.reason;
    const known = [error, error instanceof Error ? error.cause : undefined].find(isTold);
    return known ?? networkFailure(about, url, error);
  };

  const fetchToken = async (ask: TokenAsk, found: FoundCredentials): Promise<Reply> => {
    const about = { purpose: 'give a token', reference: endpoint.host };
    const { method, headers, body } = ask;
    const bytes = body === undefined ? null : Buffer.from(body);
    const length = bytes === null ? {} : { 'content-length': String(bytes.byteLength) };
    const outgoing = { method, headers: { ...headers, ...length }, body: bytes };
    const response = await exchange(about, ask.url, outgoing);
    const reply = await readReply(about, ask.url, response);
    if (reply.status === 200) return reply;
    const credentials = { source: found.source, found: found.credentials !== undefined };
    // An OAuth 2 token service answers 400 to a refresh token that has ended (RFC 6749, section 5.2).
    const status = reply.status === 400 ? 401 : reply.status;
    throw failure(about, { ...reply, status }, credentials, ask.url.host);
  };

  const failure = (
    about: About,
    reply: Reply,
    credentials: { readonly source: string; readonly found: boolean },
    host: string,
  ) => {
    const { scrub } = authenticator;
    return statusFailure(about, reply, { host, credentials, scrub, now: context.clock.now() });
  };

  const readReply = async (about: About, url: URL, response: IncomingMessage): Promise<Reply> => {
    const pieces: Buffer[] = [];
    let length = 0;
    try {
      for await (const bytes of atPace(response, patience.pace)) {
        length += bytes.byteLength;
        if (length > limits.registry.answer.most) throw tooLong(about, url);
        pieces.push(bytes);
      }
    } catch (error) {
      throw asFailure(about, url, error);
    }
    return { ...head(url, response), body: Buffer.concat(pieces) };
  };

  /** One exchange with the redirects and the challenge it meets; the body is still to be read. */
  const perform = async <T>(ask: Ask<T>, onSent?: (bytes: number) => void) => {
    let url = new URL(ask.target, endpoint);
    let challenged = false;
    for (let redirects = 0; ; ) {
      const home = url.origin === endpoint.origin;
      const authorization = home ? await authenticator.header(ask.scopes) : undefined;
      const response = await exchange(ask, url, {
        method: ask.method,
        headers: headersOf(ask, authorization),
        body: openBody(ask.body, onSent),
      });
      const { status, headers } = head(url, response);
      const location = headers.location;
      if (location !== undefined && isRedirect(ask.method, status)) {
        await discard(response, patience.pace);
        redirects += 1;
        if (redirects > mostRedirects) throw tooManyRedirects(endpoint.host, ask);
        url = followLocation(url, location, ask.reference);
        continue;
      }
      if (status === 401 && home && !challenged) {
        challenged = true;
        const values = response.headersDistinct['www-authenticate'] ?? [];
        const refused = await readReply(ask, url, response);
        if (await authenticator.challenged(values, ask.scopes, authorization)) continue;
        throw failure(ask, refused, await authenticator.credentials(), url.host);
      }
      return { url, response };
    }
  };

  const fail = async (ask: About, reply: Reply): Promise<never> => {
    // Looking for credentials runs programs: only where the answer is about them.
    const asks = [401, 403, 429].includes(reply.status);
    const credentials = asks ? await authenticator.credentials() : { source: '', found: true };
    throw failure(ask, reply, credentials, reply.url.host);
  };

  const sendOnce = <T>(ask: Ask<T>, onSent?: (bytes: number) => void): Promise<T> =>
    inTurn(async () => {
      signal.throwIfAborted();
      const { url, response } = await perform(ask, onSent);
      const reply = await readReply(ask, url, response);
      return ask.statuses.includes(reply.status) ? ask.read(reply) : fail(ask, reply);
    });

  return {
    endpoint,
    sendOnce,
    send: (ask) => again(() => sendOnce(ask)),
    async open(ask) {
      const { url, response } = await perform(ask);
      const answered = head(url, response);
      if (!ask.statuses.includes(answered.status)) return fail(ask, await readReply(ask, url, response));
      const body = async function* (): AsyncGenerator<Buffer> {
        try {
          yield* atPace(response, patience.pace);
        } catch (error) {
          throw asFailure(ask, url, error);
        }
      };
      return { answer: ask.read({ ...answered, body: Buffer.alloc(0) }), body: body() };
    },
    retrying: again,
    async close() {
      ended.abort(new Error('the client was closed'));
      wire.close();
    },
  };
}

async function credentialsOf(
  context: Context,
  place: RegistryPlace,
  endpoint: URL,
): Promise<FoundCredentials> {
  if (place.credentials === undefined) return findCredentials(context.processes, endpoint.host);
  const source = 'the credentials that this registry was set up with';
  return { credentials: { kind: 'password', ...place.credentials }, source };
}

function headersOf(ask: Ask<unknown>, authorization: string | undefined): Record<string, string> {
  const carries = ask.method === 'POST' || ask.method === 'PUT' || ask.method === 'PATCH';
  return {
    'user-agent': 'ptp',
    ...ask.headers,
    ...(carries ? { 'content-length': String(bodyLength(ask.body)) } : {}),
    ...(authorization === undefined ? {} : { authorization }),
  };
}

function head(url: URL, response: IncomingMessage): Omit<Reply, 'body'> {
  const headers = Object.fromEntries(
    Object.entries(response.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
  return { status: response.statusCode ?? 0, headers, url };
}

function isRedirect(method: string, status: number): boolean {
  if (status === 307 || status === 308) return true;
  return (method === 'GET' || method === 'HEAD') && [301, 302, 303].includes(status);
}

function isTold(error: unknown): error is StepFailed | UserMistake {
  return error instanceof StepFailed || error instanceof UserMistake;
}

function tooManyRedirects(host: string, about: About): StepFailed {
  return new StepFailed({
    what: `${host} sent on more than ${mostRedirects} times when asked to ${about.purpose} (${about.reference})`,
    next: `Look at the settings of ${host} and of what stands before it.`,
  });
}

function tooLong(about: About, url: URL): StepFailed {
  const { most } = limits.registry.answer;
  return new StepFailed({
    what: `${url.host} answered with more than ${most / 1024 / 1024} MiB when asked to ${about.purpose} (${about.reference})`,
    next: `Check that ${url.host} is the address of a registry.`,
  });
}
