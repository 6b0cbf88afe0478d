import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { getCACertificates } from 'node:tls';
import { Agent, type Dispatcher, EnvHttpProxyAgent, fetch, ProxyAgent, type Response } from 'undici';
import { StepFailed } from '../../core/failure.ts';
import type { StoredBlob } from '../../core/handover.ts';
import { oneLine } from '../../core/one-line.ts';
import { atPace, type Pace, usualPace } from '../../effects/at-pace.ts';
import type { Context } from '../../effects/context.ts';
import type { Store } from '../../oci/store.ts';
import type { Archive } from './mirror.ts';
import { MirrorUnreachable } from './mirror-failure.ts';
import type { ReleaseFile } from './release.ts';

const attempts = 3;
const silence = 30_000;

/** How long a mirror is waited for. */
export interface MirrorPatience {
  /** Milliseconds until an answer begins. */
  readonly answer: number;
  readonly pace: Pace;
}

const usualPatience: MirrorPatience = { answer: silence, pace: usualPace };

/** Fetches files from one archive of a mirror. Close it when it is no longer needed. */
export class MirrorClient {
  readonly #context: Context;
  readonly #archive: Archive;
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #patience: MirrorPatience;
  #dispatcher: Promise<Dispatcher> | undefined;

  constructor(context: Context, archive: Archive, patience: MirrorPatience = usualPatience) {
    this.#context = context;
    this.#patience = patience;
    this.#archive = archive;
    const url = new URL(archive.url);
    const { username, password } = url;
    url.username = '';
    url.password = '';
    this.#url = url.href.replace(/\/+$/u, '');
    const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
    this.#headers = username === '' ? {} : { authorization: `Basic ${login.toString('base64')}` };
  }

  /** The address of a file, without the mirror's password: for messages. */
  address(path: string): string {
    return `${this.#url}/${path}`;
  }

  /** A small file's text, or undefined where the mirror has none. `limit` is in bytes. */
  async text(path: string, limit: number): Promise<string | undefined> {
    return this.#retrying(path, async (body) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of bounded(body, limit, this.address(path))) chunks.push(chunk);
      return Buffer.concat(chunks).toString('utf8');
    });
  }

  /**
   * Puts a file into the store, or returns undefined where the mirror has none.
   * Throws StepFailed where the bytes are not those expected.
   */
  async blob(
    path: string,
    expected: ReleaseFile,
    store: Store,
    mediaType: string,
  ): Promise<StoredBlob | undefined> {
    const descriptor = { mediaType, digest: `sha256:${expected.sha256}`, size: expected.size } as const;
    // It is read next, so its bytes are looked at and not only its file's times.
    const there = await store.verified(descriptor);
    if (there !== undefined) return there;
    return this.#retrying(path, async (body) =>
      store
        .put(bounded(body, expected.size, this.address(path)), mediaType, descriptor.digest)
        .catch((error) => {
          if (!(error instanceof StepFailed) || error instanceof MirrorUnreachable) throw error;
          throw new StepFailed(
            {
              what: `${this.address(path)} is not what Debian's signed index says it is`,
              next: 'Try again later or use another mirror (PTP_DEBIAN_MIRROR). The file was thrown away.',
              details: error.problems.map(({ what }) => what),
            },
            { cause: error },
          );
        }),
    );
  }

  async close(): Promise<void> {
    await (await this.#dispatcher)?.close();
  }

  async #answer(path: string, dispatcher: Dispatcher): Promise<Response> {
    // The dispatcher's own timeouts begin anew with each byte, of an endless head as well.
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error('no answer in time')), this.#patience.answer);
    const signal = AbortSignal.any([this.#context.signal, late.signal]);
    try {
      return await fetch(this.address(path), { dispatcher, signal, headers: this.#headers });
    } finally {
      clearTimeout(timer);
    }
  }

  async #retrying<Result>(
    path: string,
    use: (body: AsyncIterable<Uint8Array>) => Promise<Result>,
  ): Promise<Result | undefined> {
    const { clock, signal } = this.#context;
    this.#dispatcher ??= dispatcherFor(this.#archive);
    const dispatcher = await this.#dispatcher;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const response = await this.#answer(path, dispatcher);
        if (response.ok && response.body !== null) {
          const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
          return await use(atPace(body, this.#patience.pace, () => new Error('its bytes come too slowly')));
        }
        await response.body?.cancel();
        if (response.status === 404 || response.status === 410) return undefined;
        const what = `${this.address(path)} answered ${response.status}`;
        const next = 'Look at the mirror and the proxy between; PTP_DEBIAN_MIRROR names another mirror.';
        if (response.status < 500 && response.status !== 429) throw new StepFailed({ what, next });
        throw new MirrorUnreachable({ what, next });
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof StepFailed && !(error instanceof MirrorUnreachable)) throw error;
        if (attempt === attempts)
          throw error instanceof StepFailed ? error : unreachable(this.address(path), error);
        await clock.sleep(500 * attempt, signal);
      }
    }
  }
}

/** More bytes than were announced are not read on: they can't be right. */
async function* bounded(
  body: AsyncIterable<Uint8Array>,
  limit: number,
  address: string,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > limit) {
      throw new StepFailed({
        what: `${address} is longer than the ${limit} bytes it may have`,
        next: 'Try again later or use another mirror (PTP_DEBIAN_MIRROR).',
      });
    }
    yield chunk;
  }
}

async function dispatcherFor(archive: Archive): Promise<Dispatcher> {
  const { http } = archive;
  const proxy = http.hostProxies.get(new URL(archive.url).hostname) ?? http.proxy;
  const own = await Promise.all(http.authorities.map((path) => readFile(path, 'utf8')));
  // apt trusts what the system trusts; Node.js by itself only what it was built with
  const ca = [...getCACertificates('default'), ...getCACertificates('system'), ...own];
  const options = { headersTimeout: silence, bodyTimeout: silence, connections: 8 };
  if (proxy === undefined) {
    return new EnvHttpProxyAgent({
      ...options,
      connect: { ca, timeout: silence },
      requestTls: { ca },
    });
  }
  if (proxy.toUpperCase() === 'DIRECT') return new Agent({ ...options, connect: { ca, timeout: silence } });
  return new ProxyAgent({ ...options, uri: proxy, requestTls: { ca }, proxyTls: { ca } });
}

function unreachable(address: string, error: unknown): MirrorUnreachable {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const why = oneLine(cause instanceof Error ? cause.message : String(cause), 160);
  return new MirrorUnreachable(
    {
      what: `${address} can't be reached: ${why}`,
      next: 'Check the network, and the proxy in apt’s configuration; PTP_DEBIAN_MIRROR names another mirror.',
    },
    { cause: error },
  );
}
