import * as https from 'node:https';
import type { Door } from './door.ts';
import type { Rows } from './rows.ts';

/** What is asked, how often, and for how long an answer is waited for. */
export interface LoadOptions {
  readonly door: Door;
  /** Requests a second, at moments that do not depend on the answers. */
  readonly rate: number;
  /** Takes the rows that are acknowledged: `rows.lost(door)` tells afterwards which are gone. */
  readonly rows: Rows;
  /** Milliseconds after which an answer counts as none; 10,000 unless told. */
  readonly patience?: number;
}

/** A request that was not answered as it should. */
export interface Failure {
  /** Seconds from the load's begin to the moment when it was to be sent. */
  readonly at: number;
  /** `POST /api/, fresh` */
  readonly request: string;
  /** What came instead: `status 502 Bad Gateway`, `ECONNRESET`, `no answer`. */
  readonly kind: string;
  /** Seconds that it took. */
  readonly took: number;
}

/** What a load has seen. */
export interface LoadReport {
  readonly requests: number;
  readonly seconds: number;
  readonly failures: readonly Failure[];
  /** Milliseconds from when a request was to be sent to the end of its answer; of those that were answered. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly most: number };
}

/** A load that goes on until it is stopped. */
export interface Load {
  /** Seconds since it began. */
  now(): number;
  /** What has failed by now. */
  readonly failures: readonly Failure[];
  /** Waits for the answers that are still to come. */
  stop(): Promise<LoadReport>;
}

/** One kind of request, and what is wrong with an answer to it. */
interface Kind {
  readonly method: 'GET' | 'POST';
  path(): string;
  wrong(status: number, body: string, location: string | undefined): string | undefined;
}

/**
 * Asks a system at a constant rate, whatever it answers: an open loop, so that a system that stands still is not spared
 * (what is late is late for everyone who would have come meanwhile). The page, the count, rows that it acknowledged and
 * new rows in turn; each kind on connections that are kept and on new ones in turn. Nothing is asked twice.
 */
export function startLoad({ door, rate, rows, patience = 10_000 }: LoadOptions): Load {
  const began = performance.now();
  const now = () => (performance.now() - began) / 1000;
  const kept = new https.Agent({ keepAlive: true });
  const failures: Failure[] = [];
  const latencies: number[] = [];
  const underWay = new Set<Promise<void>>();
  const kinds = kindsOf(rows);
  let sent = 0;
  let stopped = false;

  const one = async (index: number, due: number): Promise<void> => {
    const kind = kinds[index % kinds.length] ?? kinds[0];
    const keep = Math.floor(index / kinds.length) % 2 === 0;
    const path = kind.path();
    const wrong = await ask(door, kind, path, keep ? kept : false, patience);
    const took = now() - due;
    if (wrong === undefined) latencies.push(took * 1000);
    else {
      const request = `${kind.method} ${path}, ${keep ? 'kept' : 'fresh'}`;
      failures.push({ at: due, request, kind: wrong, took });
    }
  };
  const run = async () => {
    while (!stopped) {
      const due = sent / rate;
      const wait = due - now();
      if (wait > 0) {
        await new Promise((resolve) => setTimeout(resolve, wait * 1000));
        continue;
      }
      const request = one(sent, due);
      sent++;
      underWay.add(request);
      request.finally(() => underWay.delete(request));
    }
  };
  const running = run();
  return {
    now,
    failures,
    stop: async () => {
      stopped = true;
      const seconds = now();
      await running;
      await Promise.all(underWay);
      kept.destroy();
      latencies.sort((one, other) => one - other);
      const at = (share: number) => latencies[Math.floor((latencies.length - 1) * share)] ?? Number.NaN;
      const latency = { p50: at(0.5), p99: at(0.99), most: at(1) };
      return { requests: sent, seconds, failures, latency };
    },
  };
}

/**
 * The most of these rates (requests a second, the highest first) that a system bears with nothing amiss, tried for four
 * seconds each: what a busy machine cannot do at all says nothing about what is then done to it.
 * @throws Error where not even the last one is borne, with what was seen
 */
export async function bearable(
  options: Omit<LoadOptions, 'rate'>,
  rates: readonly number[],
): Promise<number> {
  let seen = 'no rate was tried';
  for (const rate of rates) {
    const load = startLoad({ ...options, rate });
    await new Promise((resolve) => setTimeout(resolve, 4000));
    const report = await load.stop();
    if (report.failures.length === 0 && report.latency.p99 < 2000) return rate;
    seen = `at ${rate} a second: ${reportText(report)}`;
  }
  throw new Error(`the system does not bear the least load: ${seen}`);
}

/** A report in a line or two, for whoever reads the test's output. */
export function reportText({ requests, seconds, failures, latency }: LoadReport): string {
  const kinds = Map.groupBy(failures, ({ kind }) => /^status \d+/.exec(kind)?.[0] ?? kind);
  const counted = [...kinds].map(([kind, { length }]) => `${length} ${kind}`).join(', ');
  const last = failures.reduce((end, { at, took }) => Math.max(end, at + took), 0);
  const first = failures.reduce((begin, { at }) => Math.min(begin, at), Number.POSITIVE_INFINITY);
  const span = `sent from ${first.toFixed(1)} s on, the last one over at ${last.toFixed(1)} s`;
  const times = `p50 ${latency.p50.toFixed(0)} ms, p99 ${latency.p99.toFixed(0)} ms, most ${latency.most.toFixed(0)} ms`;
  const bad = failures.length === 0 ? 'none failed' : `${failures.length} failed (${counted}), ${span}`;
  return `${requests} requests in ${seconds.toFixed(0)} s: ${bad}; ${times}`;
}

function kindsOf(rows: Rows): readonly [Kind, ...Kind[]] {
  const made: string[] = [];
  const is = (wanted: number, such: (body: string) => boolean) => (status: number, body: string) => {
    if (status !== wanted) return unexpected(status, body);
    return such(body) ? undefined : 'another content';
  };
  const page: Kind = { method: 'GET', path: () => '/', wrong: is(200, (body) => body.includes('</html>')) };
  const count: Kind = {
    method: 'GET',
    path: () => '/api/',
    wrong: is(200, (body) => /^\d+$/.test(body.trim()) || body.startsWith('{')),
  };
  const write: Kind = {
    method: 'POST',
    path: () => '/api/',
    wrong: (status, body, location) => {
      if (status !== 201) return unexpected(status, body);
      if (location === undefined) return 'no location';
      const path = `/api${new URL(location).pathname}`;
      made.push(path);
      rows.keep(path);
      return undefined;
    },
  };
  let asked = 0;
  const read: Kind = {
    method: 'GET',
    path: () => made[asked++ % made.length] ?? '/api/',
    wrong: is(200, (body) => body.trim() !== ''),
  };
  return [write, page, read, count];
}

/** The status and the words of whoever answers: the proxy before the system, or a part of it. */
function unexpected(status: number, body: string): string {
  return `status ${status} ${body.trim().slice(0, 300)}`.trim();
}

/** Undefined where the answer is as it should be. */
function ask(
  { url, authority }: Door,
  kind: Kind,
  path: string,
  agent: https.Agent | false,
  patience: number,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = https.request({
      method: kind.method,
      path,
      host: '127.0.0.1',
      port: url.port,
      servername: url.hostname,
      headers: { host: url.host },
      ca: authority,
      agent,
    });
    const late = setTimeout(() => {
      resolve('no answer');
      request.destroy();
    }, patience);
    const end = (wrong: string | undefined) => {
      clearTimeout(late);
      resolve(wrong);
    };
    request.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', (error: NodeJS.ErrnoException) => end(`cut off: ${error.code ?? error.message}`));
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        end(kind.wrong(response.statusCode ?? 0, body, response.headers.location));
      });
    });
    request.end();
  });
}
