import type { DownOptions, Lowered } from '../cli/actions.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { deleteObject } from '../kubernetes/delete.ts';
import { ownedBy } from '../kubernetes/labels.ts';
import { list } from '../kubernetes/list.ts';
import type { Project } from '../project/project.ts';

/** The kinds that hold no data, in the order of their removal: the way in first. */
const kinds = [
  { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute' },
  { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway' },
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  { apiVersion: 'batch/v1', kind: 'Job' },
  { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' },
  { apiVersion: 'v1', kind: 'Service' },
] as const;

/**
 * Takes a project out of a cluster that goes on running. Without `data` volumes, Secrets and the namespace stay, so
 * that the next `up` finds the database as it was.
 */
export async function removeSystem(
  context: Context,
  client: KubernetesClient,
  project: Project,
  options: DownOptions,
): Promise<Lowered> {
  const { namespace } = project.target;
  const found = await list(
    client,
    { apiVersion: 'v1', kind: 'Namespace', labels: ownedBy(project.name) },
    context.signal,
  );
  if (!found.some((one) => one.metadata.name === namespace)) return { removed: [], kept: [] };
  if (options.data) {
    await deleteObject(
      context,
      client,
      { apiVersion: 'v1', kind: 'Namespace', name: namespace },
      { step: 'deploy' },
    );
    return { removed: [`the namespace ${namespace} with all its data`], kept: [] };
  }
  let count = 0;
  for (const { apiVersion, kind } of kinds) {
    const objects = await list(
      client,
      { apiVersion, kind, namespace, labels: ownedBy(project.name) },
      context.signal,
    );
    for (const { metadata } of objects) {
      await deleteObject(
        context,
        client,
        { apiVersion, kind, namespace, name: metadata.name },
        { step: 'deploy' },
      );
      count++;
    }
  }
  return {
    removed: count === 0 ? [] : [`${count} objects in the namespace ${namespace}`],
    kept: project.services.map((service) => `the data of ${service.name}`),
  };
}
