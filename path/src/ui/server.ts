import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { StepFailed, UserMistake } from '../core/failure.ts';
import { refusalOf, securityHeaders } from './guard.ts';
import type { TellLive } from './live.ts';
import type { PageModel, ReleaseDiff } from './model.ts';

/** What the page's server asks for. */
export interface PageSource {
  page(signal: AbortSignal): Promise<PageModel>;
  /** Tells what happens until the signal; never rejects. */
  live(tell: TellLive, signal: AbortSignal): Promise<void>;
  /** Calls for each line that the pods of a part have written and write, until the signal. */
  logs(
    part: string,
    line: (text: { readonly pod: string; readonly text: string }) => void,
    signal: AbortSignal,
  ): Promise<void>;
  diff(from: number, to: number): Promise<ReleaseDiff>;
  rollback(to: number): Promise<unknown>;
}

/** A server that listens. */
export interface PageServer {
  /** With the token in its fragment, which no request carries. */
  readonly url: string;
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
};

/**
 * Serves the page on the loopback address alone, to whoever has the token.
 * @param client the folder with index.html and assets/
 * @param port 0: any that is free
 */
export async function servePage(source: PageSource, client: string, port = 0): Promise<PageServer> {
  const token = randomBytes(24).toString('base64url');
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) return response.destroy();
      const known = error instanceof StepFailed || error instanceof UserMistake;
      const problems = known
        ? error.problems
        : [{ what: error instanceof Error ? error.message : String(error) }];
      json(response, error instanceof UserMistake ? 409 : 502, { problems });
    });
  });
  // Streams stay open; what a request itself takes is short.
  server.requestTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}/#token=${token}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    const asked = new URL(request.url ?? '/', 'http://127.0.0.1');
    const refusal = refusalOf(
      { method: request.method ?? '', path: asked.pathname, headers: request.headers },
      bound,
      token,
    );
    if (refusal !== undefined) return json(response, refusal.status, { problems: [{ what: refusal.text }] });
    const ended = new AbortController();
    response.on('close', () => ended.abort(new Error('nobody listens any more')));
    switch (asked.pathname) {
      case '/api/page':
        return json(response, 200, await source.page(ended.signal));
      case '/api/diff':
        return json(response, 200, await source.diff(numberIn(asked, 'from'), numberIn(asked, 'to')));
      case '/api/events':
        return stream(response, ended.signal, (tell) => source.live(tell, ended.signal));
      case '/api/logs': {
        const part = asked.searchParams.get('part') ?? '';
        return stream(response, ended.signal, (tell) =>
          source.logs(part, (line) => tell('line', line), ended.signal),
        );
      }
      case '/api/rollback': {
        const { to } = JSON.parse(await body(request)) as { readonly to?: unknown };
        if (!Number.isInteger(to)) return json(response, 400, { problems: [{ what: 'which release?' }] });
        return json(response, 200, await source.rollback(to as number));
      }
      default:
        return asked.pathname.startsWith('/api/')
          ? json(response, 404, { problems: [{ what: 'there is no such thing' }] })
          : file(request, response, asked.pathname);
    }
  }

  async function file(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const name = path === '/' ? 'index.html' : `assets/${basename(path)}`;
    const known = path === '/' || path === `/assets/${basename(path)}`;
    const bytes = known ? await readFile(join(client, name)).catch(() => undefined) : undefined;
    if (bytes === undefined) return json(response, 404, { problems: [{ what: 'there is no such thing' }] });
    response.setHeader('content-type', types[extname(name)] ?? 'application/octet-stream');
    response.setHeader('cache-control', path === '/' ? 'no-store' : 'max-age=31536000, immutable');
    response.setHeader('vary', 'accept-encoding');
    const packed = /\bgzip\b/.test(String(request.headers['accept-encoding'])) && extname(name) !== '.woff2';
    if (packed) response.setHeader('content-encoding', 'gzip');
    response.end(packed ? gzipSync(bytes) : bytes);
  }
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(value));
}

/** Server-sent events (HTML Living Standard, "Server-sent events"), until nobody listens any more. */
async function stream(
  response: ServerResponse,
  signal: AbortSignal,
  work: (tell: (name: string, data: unknown) => void) => Promise<void>,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.flushHeaders();
  const tell = (name: string, data: unknown) => {
    if (!signal.aborted) response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  try {
    await work(tell);
  } catch (error) {
    if (signal.aborted) return;
    tell('trouble', error instanceof Error ? error.message : String(error));
  }
  response.end();
}

function numberIn(url: URL, name: string): number {
  const number = Number(url.searchParams.get(name));
  if (Number.isInteger(number) && number > 0) return number;
  throw new UserMistake({ what: `${name} is no number of a release` });
}

async function body(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > 10_000) throw new UserMistake({ what: 'that is too much' });
  }
  return text;
}
