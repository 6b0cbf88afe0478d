import type { StepName } from '../core/event.ts';
import { StepFailed } from '../core/failure.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from './client.ts';
import { diagnose } from './diagnose.ts';
import type { Selection } from './list.ts';
import { moreNodesMayCome } from './more-nodes.ts';
import {
  type AnyObject,
  type KubernetesObject,
  keyOf,
  type ObjectKey,
  objectId,
  objectName,
  type Pod,
  type ReplicaSet,
} from './objects.ts';
import { isFull, podTrouble } from './pod-trouble.ts';
import { type Readiness, readiness } from './readiness.ts';
import { newestPods } from './revision.ts';
import { follow, type Store } from './watch.ts';

/** How long to wait, and for which step. */
export interface WaitOptions {
  readonly step: StepName;
  /** Seconds for all objects together. */
  readonly deadline: number;
}

const workloads = new Set(['Deployment', 'StatefulSet', 'Job']);

/**
 * Waits until every object is ready (`readiness`), by watching: nothing is asked for twice. Tells its progress.
 * @throws StepFailed as soon as one cannot become ready any more (a failed Job, a pod whose image cannot be pulled, one
 *   that ends again and again, one that finds no room where no node will come), or when the deadline has passed; with the
 *   diagnosis of each that is not ready
 */
export async function waitUntilReady(
  context: Pick<Context, 'emit' | 'clock' | 'signal'>,
  client: KubernetesClient,
  objects: readonly KubernetesObject[],
  options: WaitOptions,
): Promise<void> {
  if (objects.length === 0) return;
  const started = context.clock.monotonic();
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const live = new Map<string, AnyObject>();
  let pods: readonly Pod[] = [];
  let replicaSets: readonly ReplicaSet[] = [];
  const told = new Map<string, string>();

  const outcome = Promise.withResolvers<Verdict>();
  // What is ready already needs no look at its pods, and no watch, each of which is a connection of its own.
  const needed = Promise.withResolvers<void>();
  const kinds = selections(objects);
  const own = kinds.filter(({ kind }) => objects.some((object) => object.kind === kind));
  const seen = new Set<Selection>();
  // Asked once, when a pod finds no room; until it is known a node may come.
  let moreNodes: boolean | undefined;
  let asking: Promise<void> | undefined;
  const askForNodes = async () => {
    moreNodes = await moreNodesMayCome(client, signal).catch(() => true);
    judge();
  };
  const judge = () => {
    // Before every kind has been listed once, what is missing has only not been told yet.
    if (!own.every((selection) => seen.has(selection))) return;
    const states = objects.map((object) => stateOf(keyOf(object), live, pods, replicaSets, moreNodes));
    if (states.some(({ noRoom }) => noRoom)) asking ??= askForNodes();
    const ready = states.every(({ result }) => result.state === 'ready');
    if (!ready) needed.resolve();
    if (!ready && seen.size < kinds.length) return;
    for (const { key, result } of states) {
      const before = told.get(objectId(key));
      if (before === result.text) continue;
      told.set(objectId(key), result.text);
      const task = `wait for ${objectName(key)}`;
      if (result.state === 'waiting')
        context.emit({ kind: 'progress', step: options.step, task, text: result.text });
      if (result.state === 'ready' && before !== undefined) {
        const seconds = (context.clock.monotonic() - started) / 1000;
        context.emit({
          kind: 'task-done',
          step: options.step,
          task,
          text: `${objectName(key)} is ready`,
          seconds,
        });
      }
    }
    const bad = states.filter(({ result }) => result.state === 'failed');
    if (bad.length > 0) outcome.resolve({ bad });
    else if (ready) outcome.resolve({ bad: [] });
  };

  const follows = kinds.map(async (selection) => {
    if (!own.includes(selection)) await needed.promise;
    return follow<AnyObject>(client, selection, {
      clock: context.clock,
      signal,
      watchWhen: needed.promise,
      onChange: (store: Store<AnyObject>) => {
        if (selection.kind === 'Pod') pods = [...store.values()] as unknown as readonly Pod[];
        else if (selection.kind === 'ReplicaSet')
          replicaSets = [...store.values()] as unknown as readonly ReplicaSet[];
        else for (const object of objects) refresh(live, object, selection, store);
        seen.add(selection);
        judge();
      },
    });
  });
  const timeout = context.clock.sleep(options.deadline * 1000, signal).then(
    (): Verdict => ({
      late: true,
      bad: objects
        .map((object) => stateOf(keyOf(object), live, pods, replicaSets, moreNodes))
        .filter(({ result }) => result.state !== 'ready'),
    }),
  );
  // The watches end only when stopped, so whichever of these settles otherwise decides.
  const broken = Promise.all(follows).then(() => new Promise<never>(() => {}));
  try {
    const verdict = await Promise.race([outcome.promise, timeout, broken]);
    if (verdict.bad.length === 0) return;
    const problems = await Promise.all(
      verdict.bad.map(({ key, result, own }) =>
        diagnose(
          client,
          key,
          verdict.late === true ? `after ${options.deadline} s: ${result.text}` : result.text,
          own,
        ),
      ),
    );
    throw new StepFailed(problems);
  } finally {
    stop.abort();
    needed.resolve();
    await Promise.allSettled([...follows, timeout, asking]);
  }
}

interface Judged {
  readonly key: ObjectKey;
  readonly result: Readiness;
  /** Its newest pods. */
  readonly own: readonly Pod[];
  /** One of them finds no room on the nodes that are there. */
  readonly noRoom?: boolean;
}
interface Verdict {
  readonly bad: readonly Judged[];
  readonly late?: boolean;
}

function stateOf(
  key: ObjectKey,
  live: ReadonlyMap<string, AnyObject>,
  pods: readonly Pod[],
  replicaSets: readonly ReplicaSet[],
  moreNodes: boolean | undefined,
): Judged {
  const object = live.get(objectId(key));
  if (object === undefined) return { key, result: { state: 'waiting', text: 'not there yet' }, own: [] };
  // Who waits has a deadline of their own, and the server's may still be that of a version which is being taken back.
  const result = readiness(object, { patient: true });
  if (!workloads.has(key.kind)) return { key, result, own: [] };
  const generation = (object.status?.observedGeneration ?? 0) as number;
  if (generation < (object.metadata.generation ?? 0) && object.kind !== 'Job')
    return { key, result, own: [] };
  const own = newestPods(object, pods, replicaSets);
  if (result.state !== 'waiting') return { key, result, own };
  const troubles = own.map(podTrouble).filter((trouble) => trouble !== undefined);
  const full = troubles.filter(isFull);
  const noRoom = full.length > 0;
  const hopeless = troubles.find(
    (trouble) => trouble.hopeless && (moreNodes === false || !full.includes(trouble)),
  );
  if (hopeless !== undefined) return { key, result: { state: 'failed', text: hopeless.reason }, own, noRoom };
  const [trouble] = troubles;
  const why =
    trouble !== undefined && full.includes(trouble) ? 'no room yet: a node may come' : trouble?.reason;
  const text = why === undefined ? result.text : `${result.text} (${why})`;
  return { key, result: { state: 'waiting', text }, own, noRoom };
}

function refresh(
  live: Map<string, AnyObject>,
  object: KubernetesObject,
  selection: { readonly kind: string; readonly namespace?: string },
  store: Store<AnyObject>,
): void {
  if (object.kind !== selection.kind || object.metadata.namespace !== selection.namespace) return;
  const id = objectId(object);
  const found = store.get(id);
  if (found === undefined) live.delete(id);
  else live.set(id, found);
}

/** One watch for each kind and namespace, and for workloads their pods. */
function selections(objects: readonly KubernetesObject[]) {
  const all = new Map<
    string,
    { readonly apiVersion: string; readonly kind: string; readonly namespace?: string }
  >();
  const add = (apiVersion: string, kind: string, namespace: string | undefined) => {
    const scope = namespace === undefined ? {} : { namespace };
    all.set(`${apiVersion}/${kind}/${namespace}`, { apiVersion, kind, ...scope });
  };
  for (const { apiVersion, kind, metadata } of objects) {
    add(apiVersion, kind, metadata.namespace);
    if (workloads.has(kind)) add('v1', 'Pod', metadata.namespace);
    if (kind === 'Deployment') add('apps/v1', 'ReplicaSet', metadata.namespace);
  }
  return [...all.values()];
}
