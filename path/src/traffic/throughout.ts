import { StepFailed } from '../core/failure.ts';
import type { Route, TrafficFigures, TrafficResult, TrafficSnapshot } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { Project } from '../project/project.ts';
import { untilDrained } from './drained.ts';
import { startTraffic, type Traffic } from './traffic.ts';

/** What is asked while something is done. */
export interface ThroughoutInput {
  readonly client: KubernetesClient;
  readonly project: Project;
  readonly route: Route;
  /** Requests a second. */
  readonly rate: number;
}

/** What came of the work, or what it threw, and what requests saw meanwhile. */
export interface Throughout<T> {
  readonly outcome: { readonly value: T } | { readonly error: unknown };
  readonly traffic: TrafficResult;
}

/** Milliseconds that the first requests have, and from their answers to the snapshot that tells of them. */
const patience = 15_000;
const settling = 300;

/** How often a system is asked whether it is at rest, and milliseconds between. */
const attempts = 2;
const rest = 3000;

/** Milliseconds that the slowest hundredth of the first requests may take. */
const slow = 2000;

/** How many requests are answered before the work begins: a second's or so. */
const quietSeconds = 1;

/** Milliseconds that requests go on for when all has become quiet again. */
const tail = 500;

/** Milliseconds from one word about the progress to the next. */
const every = 1000;

/**
 * Does something while requests go through the public door at a constant rate, from before it begins until the last pod
 * that it ended has gone. What the work throws is handed back, so that what requests saw is known then as well.
 * @throws StepFailed where the system does not serve, or fails requests before anything is done; the signal's reason where that is aborted
 */
export async function measureThroughout<T>(
  context: Context,
  { client, project, route, rate }: ThroughoutInput,
  work: () => Promise<T>,
): Promise<Throughout<T>> {
  const { clock, emit, signal } = context;
  let told = Number.NEGATIVE_INFINITY;
  const onSnapshot = ({ requests, failed, seconds }: TrafficSnapshot): void => {
    const now = clock.monotonic();
    if (seconds === 0 || now - told < every) return;
    told = now;
    const text = `${requests} at ${rate}/s, ${failed === 0 ? 'none' : failed} failed`;
    emit({ kind: 'progress', step: 'traffic', task: 'requests', text });
  };
  const traffic = await quietTraffic(context, { project, route, rate }, onSnapshot);
  emit({ kind: 'step-started', step: 'traffic', text: `ask ${route.url} ${rate} times a second` });
  const began = clock.monotonic();
  traffic.change();
  const outcome = await work().then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  signal.throwIfAborted();
  const drained = await untilDrained(context, client, project, (ending) => {
    const text = ending === 0 ? 'all gone' : `${ending} still ending`;
    emit({ kind: 'progress', step: 'traffic', task: 'old pods', text });
  });
  await clock.sleep(tail, signal);
  const result = await traffic.whole(drained);
  emit({ kind: 'traffic-measured', step: 'traffic', result });
  const seconds = (clock.monotonic() - began) / 1000;
  const text = `${route.url} ${result.failed === 0 ? 'served throughout' : 'failed requests'}`;
  emit({ kind: 'step-done', step: 'traffic', seconds, text });
  return { outcome, traffic: result };
}

/**
 * Sends requests to a system that is at rest. Where something else keeps it busy (a backup that has just been made), it is
 * given a while and asked once more. Throws StepFailed where it does not serve, or does not bear the rate.
 */
async function quietTraffic(
  { clock, signal }: Context,
  { project, route, rate }: Omit<ThroughoutInput, 'client'>,
  onSnapshot: (snapshot: TrafficSnapshot) => void,
): Promise<Traffic> {
  for (let left = attempts; ; ) {
    const traffic = await startTraffic({ signal }, route, {
      rate,
      writes: project.rollout?.writes ?? false,
      // Nothing is taken back on the way: what failed is judged at the end.
      limits: { maxErrors: { share: 1 } },
      paths: project.components.flatMap((component) => component.route ?? []),
      quiet: Math.ceil(rate * quietSeconds),
      onSnapshot,
    });
    if (typeof traffic === 'string')
      throw new StepFailed({
        what: `the system does not serve: ${traffic}`,
        where: { object: route.url },
        next: 'Run `ptp status`: a drill is for a system that is well.',
      });
    const asked = clock.monotonic();
    await Promise.race([traffic.quiet, clock.sleep(patience, signal)]);
    await clock.sleep(settling, signal); // what is seen is told a few times a second
    const tooMuch = overloaded(traffic.now().quiet, (rate * (clock.monotonic() - asked)) / 1000);
    if (tooMuch === undefined) return traffic;
    await traffic.whole(false);
    left -= 1;
    if (left === 0)
      throw new StepFailed({
        what: `before anything was done, ${tooMuch}`,
        where: { object: route.url },
        next: `Run \`ptp status\`; where all is well, ${rate} requests a second are too many here: lower \`--rate\`.`,
      });
    await clock.sleep(rest, signal);
  }
}

/**
 * Why what is done would be blamed for what is so without it: requests fail, wait for long, or are answered more slowly
 * than they come. Undefined where all is well. Pure.
 * @param due how many requests there were to answer
 */
export function overloaded({ requests, failed, latency }: TrafficFigures, due: number): string | undefined {
  if (failed > 0) return `${failed} of ${requests} requests failed`;
  if (requests < due / 2) return `only ${requests} of ${Math.round(due)} requests were answered`;
  if (latency !== undefined && latency.p99 > slow)
    return `the slowest hundredth of the requests took ${Math.round(latency.p99)} ms or more`;
  return undefined;
}
