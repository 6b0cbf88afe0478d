import type { StepName } from '../core/event.ts';
import type { Context } from '../effects/context.ts';
import type { ChangeSet } from './change-set.ts';
import type { KubernetesClient } from './client.ts';
import { deleteObject } from './delete.ts';
import { ownedBy } from './labels.ts';
import { list } from './list.ts';
import { type AnyObject, type KubernetesObject, keyOf, objectId, objectName } from './objects.ts';

/** What may be pruned. Claims, volumes, namespaces and stateful sets are not here: data goes only when asked for by name. */
const prunable: readonly { readonly apiVersion: string; readonly kind: string }[] = [
  { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute' },
  { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway' },
  { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' },
  { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' },
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'batch/v1', kind: 'Job' },
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'v1', kind: 'ConfigMap' },
  { apiVersion: 'v1', kind: 'ServiceAccount' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
  { apiVersion: 'cert-manager.io/v1', kind: 'Certificate' },
  { apiVersion: 'cert-manager.io/v1', kind: 'Issuer' },
];

/** What was applied once and is wanted no longer. */
export interface PruneOptions {
  readonly step: StepName;
  readonly project: string;
  readonly namespace: string;
  /** What stays. */
  readonly wanted: readonly KubernetesObject[];
  /** Only say what would go. */
  readonly dryRun?: boolean;
}

/**
 * Deletes what this step applied for this project in its namespace earlier and no longer wants. The inventory is the
 * owner labels in the cluster. Objects that others own (a Job's pods, a route's generated Secret) go with their owner.
 */
export async function prune(
  context: Pick<Context, 'emit' | 'signal'>,
  client: KubernetesClient,
  options: PruneOptions,
): Promise<ChangeSet> {
  const labels = ownedBy(options.project, options.step);
  const found = await Promise.all(
    prunable.map((kind) => list(client, { ...kind, namespace: options.namespace, labels }, context.signal)),
  );
  const leaving = unwanted(found.flat(), options.wanted);
  if (options.dryRun === true)
    return leaving.map((object) => ({ change: 'deleted', object: objectName(object) }));
  const changes: ChangeSet[number][] = [];
  for (const object of leaving) {
    const { uid } = object.metadata;
    const expected = uid === undefined ? {} : { expected: uid };
    const change = await deleteObject(context, client, keyOf(object), { step: options.step, ...expected });
    if (change !== undefined) changes.push(change);
  }
  return changes;
}

/** The objects of an inventory that are not wanted, that nothing else owns, and that are not already going. */
export function unwanted(
  inventory: readonly AnyObject[],
  wanted: readonly KubernetesObject[],
): readonly AnyObject[] {
  const stay = new Set(wanted.map(objectId));
  return inventory
    .filter(
      ({ metadata }) =>
        (metadata.ownerReferences ?? []).length === 0 && metadata.deletionTimestamp === undefined,
    )
    .filter((object) => !stay.has(objectId(object)));
}
