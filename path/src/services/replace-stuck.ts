import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { deleteObject } from '../kubernetes/delete.ts';
import { getObject, list } from '../kubernetes/list.ts';
import {
  type AnyObject,
  conditionsOf,
  type KubernetesObject,
  keyOf,
  type Pod,
  type StatefulSet,
} from '../kubernetes/objects.ts';
import { readiness } from '../kubernetes/readiness.ts';

/** Milliseconds between looks at whether the controller has seen the newest version, and in all. */
const every = 50;
const patience = 10_000;

/**
 * Deletes pods of earlier versions of StatefulSets that are not ready. Their controller waits for such a pod before it
 * replaces it, so a version that never came up would keep the one that mends it from coming (kubernetes.io,
 * "StatefulSets", "Forced rollback"). A pod that is ready is left to the controller.
 */
export async function replaceStuck(
  context: Context,
  client: KubernetesClient,
  sets: readonly KubernetesObject[],
): Promise<void> {
  await Promise.all(
    sets.map(async (set) => {
      const live = await seen(context, client, set);
      if (live === undefined || readiness(live as unknown as AnyObject).state === 'ready') return;
      const { namespace = '' } = set.metadata;
      const labels = Object.entries(live.spec?.selector.matchLabels ?? {}).map(
        ([key, value]) => `${key}=${value}`,
      );
      const pods = await list<Pod>(
        client,
        { apiVersion: 'v1', kind: 'Pod', namespace, labels: labels.join(',') },
        context.signal,
      );
      for (const pod of pods) {
        const { uid, deletionTimestamp, labels: own } = pod.metadata;
        const old = own?.['controller-revision-hash'] !== live.status?.updateRevision;
        if (!old || deletionTimestamp !== undefined || isReady(pod) || uid === undefined) continue;
        const text = `${pod.metadata.name} is of an earlier version and does not come up: it is replaced`;
        context.emit({ kind: 'note', step: 'services', text });
        const key = keyOf({ ...pod, apiVersion: 'v1', kind: 'Pod' });
        await deleteObject(context, client, key, { step: 'services', expected: uid });
      }
    }),
  );
}

/** The set as it is once its controller has seen its newest version; undefined where it has not in time. */
async function seen(
  context: Context,
  client: KubernetesClient,
  set: KubernetesObject,
): Promise<StatefulSet | undefined> {
  const began = context.clock.monotonic();
  for (;;) {
    const live = await getObject<StatefulSet>(client, keyOf(set), context.signal);
    if ((live?.status?.observedGeneration ?? 0) >= (live?.metadata.generation ?? 1)) return live;
    if (context.clock.monotonic() - began > patience) return undefined;
    await context.clock.sleep(every, context.signal);
  }
}

function isReady(pod: Pod): boolean {
  return conditionsOf(pod).some(({ type, status }) => type === 'Ready' && status === 'True');
}
