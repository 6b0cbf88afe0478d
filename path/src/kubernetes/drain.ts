import type { StepName } from '../core/event.ts';
import { StepFailed } from '../core/failure.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from './client.ts';
import { KubernetesError } from './error.ts';
import { list } from './list.ts';
import { objectName, type Pod } from './objects.ts';

/** Says whether new pods may come to a node, and writes annotations beside it (null takes one away). */
export async function markSchedulable(
  client: KubernetesClient,
  node: string,
  schedulable: boolean,
  annotations: Readonly<Record<string, string | null>> = {},
): Promise<void> {
  await client.send({
    method: 'PATCH',
    path: `/api/v1/nodes/${node}`,
    contentType: 'application/merge-patch+json',
    body: { metadata: { annotations }, spec: { unschedulable: schedulable ? null : true } },
  });
}

/**
 * Empties a node that takes no new pods: evicts each of its pods as its disruption budget allows (Kubernetes,
 * "API-initiated Eviction") and returns when all are gone. Pods that belong to the node itself stay: those of
 * DaemonSets, and those that the kubelet runs from files.
 * @throws StepFailed with the pods that are left after the deadline, in seconds
 */
export async function drain(
  context: Pick<Context, 'emit' | 'clock' | 'signal'>,
  client: KubernetesClient,
  node: string,
  { step, deadline }: { readonly step: StepName; readonly deadline: number },
): Promise<void> {
  const started = context.clock.monotonic();
  const seconds = () => (context.clock.monotonic() - started) / 1000;
  const task = `empty ${node}`;
  let refusals = new Map<string, string>();
  for (let count = -1; ; ) {
    const pods = (await podsOn(client, node, context.signal)).filter(goesElsewhere);
    if (pods.length === 0) break;
    if (seconds() > deadline) throw notEmpty(node, deadline, pods, refusals);
    if (pods.length !== count) {
      context.emit({ kind: 'progress', step, task, text: `${pods.length} pods are still on ${node}` });
      count = pods.length;
    }
    const staying = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    refusals = new Map();
    await Promise.all(
      staying.map(async (pod) => {
        const refusal = await evict(client, pod, context.signal);
        if (refusal !== undefined) refusals.set(objectName(pod), refusal);
      }),
    );
    await context.clock.sleep(200, context.signal);
  }
  context.emit({ kind: 'task-done', step, task, text: `${node} is empty`, seconds: seconds() });
}

/**
 * Asks for a pod to end elsewhere than it likes.
 * @returns why its disruption budget forbids that at the moment; undefined where the pod ends, or is gone already
 */
export async function evict(
  client: KubernetesClient,
  { metadata }: Pod,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { name, namespace, uid } = metadata;
  try {
    await client.send({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/pods/${name}/eviction`,
      body: {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name, namespace },
        deleteOptions: { preconditions: { uid } },
      },
      signal,
    });
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    if (error.code === 429) return error.status.message ?? error.message;
    // Gone, or another pod of that name.
    if (error.code !== 404 && error.code !== 409) throw error;
  }
  return undefined;
}

/** The pods that are bound to a node, whatever they do. */
export function podsOn(client: KubernetesClient, node: string, signal: AbortSignal): Promise<readonly Pod[]> {
  return list<Pod>(client, { apiVersion: 'v1', kind: 'Pod', fields: `spec.nodeName=${node}` }, signal);
}

function goesElsewhere({ metadata, status }: Pod): boolean {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return false;
  if (metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return false;
  return !(metadata.ownerReferences ?? []).some(({ kind }) => kind === 'DaemonSet');
}

function notEmpty(
  node: string,
  deadline: number,
  pods: readonly Pod[],
  refusals: ReadonlyMap<string, string>,
): StepFailed {
  return new StepFailed({
    what: `after ${deadline} s the node ${node} is not empty`,
    next: 'Look why these pods cannot go: `ptp status` tells what is wrong with the others of their kind.',
    details: pods.map((pod) => {
      const refusal = refusals.get(objectName(pod));
      return refusal === undefined ? objectName(pod) : `${objectName(pod)}: ${refusal}`;
    }),
  });
}
