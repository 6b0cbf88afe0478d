import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Problem } from '../core/failure.ts';
import type { Route, TrafficResult, TrafficSnapshot } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import type { Rollout } from '../project/project.ts';
import type { Order } from './generate.ts';
import { failedSince, judgeTraffic } from './judge.ts';
import type { Start, Tells, Told } from './messages.ts';

/** What to ask, how often, and what is borne. */
export interface TrafficOptions extends Omit<Order, 'route' | 'patience'> {
  readonly limits: Pick<Rollout, 'maxErrors' | 'maxLatency'>;
  /** Milliseconds from when a request is due until it has failed; 10,000 unless told. */
  readonly patience?: number;
  /** How many requests make the quiet before the change; 10 unless told. */
  readonly quiet?: number;
  /** Hears what was seen, a few times a second. */
  readonly onSnapshot?: (snapshot: TrafficSnapshot) => void;
}

/** Requests that go through a system's public door at a constant rate. */
export interface Traffic {
  /** The first change comes now: what was seen before is the quiet that the rest is compared with. */
  change(): void;
  /** Resolves when there are requests enough to compare with (`quiet` of the options); never rejects. */
  readonly quiet: Promise<void>;
  /** What was seen so far. */
  now(): TrafficSnapshot;
  /**
   * Sends no more, waits for the answers, asks for the acknowledged rows again, and ends the thread.
   * @param drained whether the last old pod had gone
   * @throws the signal's reason where that was aborted
   */
  whole(drained?: boolean): Promise<TrafficResult>;
  /** Resolves when the limits are broken since the change, while it goes on; never rejects. */
  readonly exceeded: Promise<Problem>;
  /** Resolves when requests have failed since the change that did not before it; never rejects. */
  readonly suspected: Promise<void>;
}

const every = 250;

/**
 * Asks a system what it answers, and goes on asking at a constant rate, from a thread of its own.
 * The signal of the context ends it at once.
 * @returns why there is nothing to measure where the system does not serve
 */
export async function startTraffic(
  context: Pick<Context, 'signal'>,
  route: Route,
  { limits, patience = 10_000, quiet = 10, onSnapshot, ...order }: TrafficOptions,
): Promise<Traffic | string> {
  const { signal } = context;
  signal.throwIfAborted();
  const start: Start = { ...order, route, patience, quiet, every };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: start, execArgv: [] });
  const started = Promise.withResolvers<string | undefined>();
  const ended = Promise.withResolvers<TrafficResult>();
  const quieted = Promise.withResolvers<void>();
  const exceeded = Promise.withResolvers<Problem>();
  const suspected = Promise.withResolvers<void>();
  ended.promise.catch(() => {}); // told by `whole`
  let latest: TrafficSnapshot = nothing(route, order.rate);
  const fail = (error: unknown): void => {
    started.reject(error);
    ended.reject(error);
  };
  const abort = (): void => {
    fail(signal.reason);
    worker.terminate();
  };
  signal.addEventListener('abort', abort, { once: true });
  worker.on('message', (message: Tells) => {
    if (message.kind === 'started') started.resolve(undefined);
    if (message.kind === 'silent') started.resolve(message.why);
    if (message.kind === 'quiet') quieted.resolve();
    if (message.kind === 'whole') ended.resolve(message.result);
    if (message.kind !== 'seen') return;
    latest = message.snapshot;
    onSnapshot?.(latest);
    if (failedSince(latest) > 0) suspected.resolve();
    const problem = judgeTraffic(latest, limits);
    if (problem !== undefined) exceeded.resolve(problem);
  });
  worker.on('error', fail);
  worker.once('exit', () => {
    signal.removeEventListener('abort', abort);
    fail(new Error('the thread that sends requests ended early'));
  });
  const why = await started.promise;
  if (why !== undefined) return why;
  const tell = (told: Told): void => worker.postMessage(told);
  return {
    change: () => tell('change'),
    quiet: quieted.promise,
    now: () => latest,
    async whole(drained = true) {
      tell({ stop: { drained } });
      const exit = worker.threadId === -1 ? undefined : once(worker, 'exit');
      const result = await ended.promise;
      await exit;
      return result;
    },
    exceeded: exceeded.promise,
    suspected: suspected.promise,
  };
}

/** What was seen before anything was. */
function nothing(route: Route, rate: number): TrafficSnapshot {
  const none = { requests: 0, failed: 0 };
  return {
    url: route.url,
    rate,
    seconds: 0,
    ...none,
    failures: {},
    examples: [],
    kinds: {},
    connections: { kept: 0, fresh: 0 },
    superseded: 0,
    quiet: none,
  };
}
