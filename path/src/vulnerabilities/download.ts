import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { getCACertificates } from 'node:tls';
import { EnvHttpProxyAgent, fetch } from 'undici';
import { StepFailed } from '../core/failure.ts';
import { limits } from '../core/limits.ts';
import { oneLine } from '../core/one-line.ts';
import { atPace, usualPace } from '../effects/at-pace.ts';
import type { Context } from '../effects/context.ts';

/** How long an answer may take to begin, in milliseconds: a release waits for it. */
const answerTime = 5_000;

/** What a server said of an archive. */
export type Answer =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'fetched'; readonly etag?: string };

/**
 * Fetches an archive into a file, unless the server says that it is the one with this ETag (RFC 9110, 13.1.2). Throws
 * StepFailed where it can't be had: that is no reason to stop by itself.
 */
export async function download(
  context: Context,
  url: string,
  file: string,
  etag: string | undefined,
): Promise<Answer> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error('no answer in time')), answerTime);
  const ca = [...getCACertificates('default'), ...getCACertificates('system')];
  const dispatcher = new EnvHttpProxyAgent({
    connect: { ca, timeout: answerTime },
    requestTls: { ca },
    bodyTimeout: usualPace.time,
  });
  try {
    const signal = AbortSignal.any([context.signal, late.signal]);
    const headers = etag === undefined ? {} : { 'if-none-match': etag };
    const response = await fetch(url, { dispatcher, signal, headers });
    clearTimeout(timer);
    if (response.status === 304 && etag !== undefined) return { kind: 'unchanged' };
    if (response.status === 404 || response.status === 410) return { kind: 'absent' };
    if (!response.ok || response.body === null) throw new Error(`it answered ${response.status}`);
    const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
    await mkdir(dirname(file), { recursive: true });
    const bytes = bounded(atPace(body, usualPace, () => new Error('its bytes come too slowly')));
    await pipeline(bytes, createWriteStream(file, { flags: 'wx' }));
    const given = response.headers.get('etag');
    return { kind: 'fetched', ...(given === null || given.length > 200 ? {} : { etag: given }) };
  } catch (error) {
    await rm(file, { force: true });
    context.signal.throwIfAborted();
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = oneLine(cause instanceof Error ? cause.message : String(cause), 160);
    throw new StepFailed({ what: `${shown(url)} can't be had: ${why}` }, { cause: error });
  } finally {
    clearTimeout(timer);
    await dispatcher.destroy();
  }
}

/** An address without a password that it may have. */
export function shown(url: string): string {
  const clean = new URL(url);
  clean.username = '';
  clean.password = '';
  return clean.href;
}

async function* bounded(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > limits.advisories.file.most)
      throw new Error(`it has more than ${limits.advisories.file.most} bytes`);
    yield chunk;
  }
}
