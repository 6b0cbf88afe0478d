import type { Secret } from '../../core/secret.ts';
import type { Context } from '../../effects/context.ts';
import { connect, type KubernetesClient } from '../../kubernetes/client.ts';
import { list } from '../../kubernetes/list.ts';
import {
  conditionsOf,
  type Deployment,
  type Pod,
  type ReplicaSet,
  type StatefulSet,
} from '../../kubernetes/objects.ts';

/**
 * Tells the API server that no pod is ready. The pods of a machine that is gone have gone with it, but what was last
 * said of them, and of the workloads they make up, stands until the kubelet has looked at each: meanwhile they would
 * get requests, and a rollout would seem complete. To be called before the kubelet of a new machine starts.
 * @param node only the pods of this node: the others run, and the workloads are counted anew by who runs on the first
 */
export async function markPodsUnready(
  context: Pick<Context, 'clock' | 'signal'>,
  kubeconfig: Secret,
  node?: string,
): Promise<void> {
  const client = await connect(kubeconfig);
  try {
    const time = context.clock.now().toISOString().replace(/\.\d+/, '');
    const counted = node === undefined ? workloads : [];
    const changes = [
      ...(await stalePods(client, time, node, context.signal)),
      ...(await Promise.all(counted.map((kind) => staleCounts(client, kind, context.signal)))).flat(),
    ];
    await Promise.all(
      changes.map(({ path, status }) =>
        client.send({
          method: 'PATCH',
          path: `${path}/status`,
          contentType: 'application/strategic-merge-patch+json',
          body: { status },
          signal: context.signal,
        }),
      ),
    );
  } finally {
    await client.close();
  }
}

/** A status to write, and the path of the object that it is of. */
interface Change {
  readonly path: string;
  readonly status: unknown;
}

/** Kinds of the group apps whose controllers count ready pods, with their names in paths. */
const workloads = [
  ['Deployment', 'deployments'],
  ['ReplicaSet', 'replicasets'],
  ['StatefulSet', 'statefulsets'],
] as const;

async function stalePods(
  client: KubernetesClient,
  time: string,
  node: string | undefined,
  signal: AbortSignal,
): Promise<readonly Change[]> {
  const fields = node === undefined ? {} : { fields: `spec.nodeName=${node}` };
  const pods = await list<Pod>(client, { apiVersion: 'v1', kind: 'Pod', ...fields }, signal);
  const ready = pods.filter((pod) =>
    conditionsOf(pod).some(({ type, status }) => type === 'Ready' && status === 'True'),
  );
  const conditions = ['Ready', 'ContainersReady'].map((type) => ({
    type,
    status: 'False',
    reason: 'NodeStarted',
    lastTransitionTime: time,
  }));
  return ready.map(({ metadata }) => ({
    path: `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`,
    status: { conditions },
  }));
}

async function staleCounts(
  client: KubernetesClient,
  [kind, plural]: (typeof workloads)[number],
  signal: AbortSignal,
): Promise<readonly Change[]> {
  const objects = await list<Deployment | ReplicaSet | StatefulSet>(
    client,
    { apiVersion: 'apps/v1', kind },
    signal,
  );
  return objects
    .filter(({ status }) => (status?.readyReplicas ?? 0) > 0)
    .map(({ metadata }) => ({
      path: `/apis/apps/v1/namespaces/${metadata.namespace}/${plural}/${metadata.name}`,
      status: { readyReplicas: 0, availableReplicas: 0 },
    }));
}
