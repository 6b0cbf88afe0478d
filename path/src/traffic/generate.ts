import type { Route, TrafficResult, TrafficSnapshot } from '../core/handover.ts';
import { type Kind, type Probed, probe } from './kinds.ts';
import { acknowledgedRows } from './rows.ts';
import { type Ask, type Connection, failureOf, sender } from './send.ts';
import { tally } from './tally.ts';

/** What is asked, and how. */
export interface Order {
  readonly route: Route;
  /** The paths of the components that have a route. */
  readonly paths: readonly string[];
  /** Requests a second. */
  readonly rate: number;
  /** Whether rows may be written. */
  readonly writes: boolean;
  /** Milliseconds from when a request is due until it has failed. */
  readonly patience: number;
}

/** Requests at a constant rate, from when it is made until it is stopped. */
export interface Generator {
  /** The first change comes now: what is due from here on is no longer quiet. */
  change(): void;
  snapshot(): TrafficSnapshot;
  /** Resolves when so many requests have been answered or have failed. */
  reached(requests: number): Promise<void>;
  /** Sends no more, waits for the answers, and asks for the acknowledged rows again. */
  stop(drained: boolean): Promise<TrafficResult>;
}

/** Requests that wait for an answer at the same time; what is due beyond is not sent and has failed. */
const mostUnanswered = 2000;

/**
 * Asks what a system answers, then asks it at a constant rate: an open loop. Each request is due at a moment of its
 * own, whatever was answered before, and its latency counts from there, so a system that stands still is not spared
 * those who would have come meanwhile (coordinated omission). Nothing is asked twice.
 * @returns why there is nothing to measure where the system does not serve
 */
export async function generate(order: Order): Promise<Generator | string> {
  const { route, rate, patience } = order;
  const { send, close } = sender(route);
  const rows = acknowledgedRows();
  const aside = (ask: Ask) => send(ask, 'kept', patience);
  const { kinds, silent }: Probed = await probe(aside, { ...order, url: route.url, rows });
  if (silent !== undefined) {
    await close();
    return silent;
  }
  const writes = kinds.some(({ name }) => name === 'write');
  const processorBefore = process.threadCpuUsage();
  const began = performance.now();
  const [before, since] = [tally(), tally()];
  const underWay = new Set<Promise<void>>();
  const waiting = new Set<{ readonly requests: number; resolve(): void }>();
  let changed: number | undefined;
  let ended: number | undefined;
  let sent = 0;
  let sentBefore = 0;
  let timer: NodeJS.Timeout | undefined;

  const one = async (index: number, due: number): Promise<void> => {
    const kind = kinds[index % kinds.length] as Kind;
    // Each kind goes on a kept connection and on one of its own in turn.
    const connection: Connection = Math.floor(index / kinds.length) % 2 === 0 ? 'kept' : 'fresh';
    const ask = kind.ask();
    const phase = changed === undefined ? before : since;
    const fail = (failed: ReturnType<typeof failureOf>): void =>
      phase.failed(kind.name, connection, {
        at: Math.round(due - began) / 1000,
        request: `${ask.method} ${ask.path} on a ${connection === 'kept' ? 'kept' : 'new'} connection`,
        ...failed,
      });
    if (underWay.size >= mostUnanswered)
      return fail({ kind: 'unsent', what: `${mostUnanswered} requests are unanswered` });
    try {
      const seen = await send(ask, connection, due + patience - performance.now());
      // Reading slowly is no latency of the system's: there it is the answer's beginning that counts.
      const until = ask.slowly === undefined ? performance.now() : seen.headersAt;
      const verdict = await kind.judge(seen, ask, aside);
      if (verdict === undefined) return phase.answered(kind.name, connection, until - due);
      if (verdict !== 'superseded') return fail(verdict);
      phase.superseded(kind.name, connection, until - due);
    } catch (error) {
      fail(failureOf(error));
    }
  };
  const wake = (): void => {
    if (waiting.size === 0) return;
    const concluded = before.figures().requests + since.figures().requests;
    for (const each of waiting) {
      if (concluded < each.requests) continue;
      waiting.delete(each);
      each.resolve();
    }
  };
  const next = (): void => {
    for (;;) {
      const due = began + (sent * 1000) / rate;
      const wait = due - performance.now();
      if (wait > 0) {
        timer = setTimeout(next, wait);
        return;
      }
      const request = one(sent, due).finally(() => {
        underWay.delete(request);
        wake();
      });
      underWay.add(request);
      sent += 1;
    }
  };
  next();

  const lastFailed = (): Pick<TrafficSnapshot, 'lastFailed'> => {
    const at = since.lastFailedAt();
    if (at === undefined || changed === undefined) return {};
    return { lastFailed: Math.max(0, Math.round(at * 1000 - (changed - began)) / 1000) };
  };
  const snapshot = (): TrafficSnapshot => ({
    url: route.url,
    rate,
    seconds: changed === undefined ? 0 : Math.round((ended ?? performance.now()) - changed) / 1000,
    ...since.figures(),
    ...since.details(),
    ...lastFailed(),
    quiet: before.figures(),
    ...(writes ? { writes: { acknowledged: rows.acknowledged } } : {}),
  });
  return {
    change() {
      if (changed !== undefined) return;
      changed = performance.now();
      sentBefore = sent;
    },
    snapshot,
    reached(requests) {
      return new Promise((resolve) => {
        waiting.add({ requests, resolve });
        wake();
      });
    },
    async stop(drained) {
      clearTimeout(timer);
      ended = performance.now();
      const seconds = Math.max(0.001, (ended - (changed ?? ended)) / 1000);
      await Promise.all(underWay);
      const left = writes
        ? await rows.check((path) => aside({ method: 'GET', path }))
        : { checked: 0, missing: 0, unread: 0 };
      await close();
      const { user, system } = process.threadCpuUsage(processorBefore);
      const { writes: written, ...seen } = snapshot();
      return {
        ...seen,
        sent: changed === undefined ? 0 : Math.round((10 * (sent - sentBefore)) / seconds) / 10,
        drained,
        processor: Math.round((user + system) / 1000) / 1000,
        ...(written === undefined ? {} : { writes: { ...written, ...left } }),
      };
    },
  };
}
