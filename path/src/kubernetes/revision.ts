import type { AnyObject, Pod, ReplicaSet } from './objects.ts';

const revisionAnnotation = 'deployment.kubernetes.io/revision';

/**
 * The pods that belong to the newest version of a workload. Those of the version before say nothing about a rollout:
 * they may be ending, or failing for the very reason that is being mended.
 */
export function newestPods(
  workload: AnyObject,
  pods: readonly Pod[],
  replicaSets: readonly ReplicaSet[],
): readonly Pod[] {
  const alive = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  if (workload.kind === 'Deployment') {
    const revision = workload.metadata.annotations?.[revisionAnnotation];
    const newest = replicaSets.find(
      (set) => ownedBy(set, workload) && set.metadata.annotations?.[revisionAnnotation] === revision,
    );
    return newest === undefined ? [] : alive.filter((pod) => ownedBy(pod, newest));
  }
  const own = alive.filter((pod) => ownedBy(pod, workload));
  if (workload.kind !== 'StatefulSet') return own;
  const revision = workload.status?.updateRevision;
  return own.filter((pod) => pod.metadata.labels?.['controller-revision-hash'] === revision);
}

function ownedBy(object: Pick<AnyObject, 'metadata'>, owner: Pick<AnyObject, 'metadata'>): boolean {
  const { uid } = owner.metadata;
  return (
    uid !== undefined && (object.metadata.ownerReferences ?? []).some((reference) => reference.uid === uid)
  );
}
