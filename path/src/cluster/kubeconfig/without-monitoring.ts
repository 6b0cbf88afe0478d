import { monitoring, monitoringNamespace } from '../../core/monitoring.ts';
import type { Context } from '../../effects/context.ts';
import type { KubernetesClient } from '../../kubernetes/client.ts';
import { deleteObject } from '../../kubernetes/delete.ts';
import { KubernetesError } from '../../kubernetes/error.ts';
import { fieldManager, label } from '../../kubernetes/labels.ts';
import { getObject } from '../../kubernetes/list.ts';
import type { ObjectKey } from '../../kubernetes/objects.ts';
import type { Project } from '../../project/project.ts';
import { nodesRole } from '../local/addons/monitoring-rights.ts';
import type { Part } from '../provider.ts';

/** Takes away what an earlier `up` with monitoring has put beside a project. */
export function withoutMonitoring(context: Context, project: Project): Part {
  return {
    name: monitoring.name,
    atHand: async () => true,
    images: async () => [],
    install: async (client) => {
      const name = monitoringNamespace(project.target);
      await removeMonitoringRights(context, client, project);
      await removeOwn(context, client, project, { apiVersion: 'v1', kind: 'Namespace', name });
    },
    ready: async () => {},
  };
}

/** Takes away what a project's monitoring may look at. @returns how many objects went */
export async function removeMonitoringRights(
  context: Context,
  client: KubernetesClient,
  project: Project,
): Promise<number> {
  const { namespace } = project.target;
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const ofNodes = nodesRole(monitoringNamespace(project.target));
  const keys: readonly ObjectKey[] = [
    { apiVersion, kind: 'ClusterRoleBinding', name: ofNodes },
    { apiVersion, kind: 'ClusterRole', name: ofNodes },
    { apiVersion, kind: 'RoleBinding', name: `ptp:${monitoring.name}`, namespace },
    { apiVersion, kind: 'Role', name: `ptp:${monitoring.name}`, namespace },
  ];
  const gone = await Promise.all(keys.map((key) => removeOwn(context, client, project, key)));
  return gone.filter((is) => is).length;
}

/** Deletes an object that is the project's; what these credentials may not see was not made with them. */
async function removeOwn(
  context: Context,
  client: KubernetesClient,
  { name }: Project,
  key: ObjectKey,
): Promise<boolean> {
  try {
    const labels = (await getObject(client, key, context.signal))?.metadata.labels ?? {};
    if (labels[label.managedBy] !== fieldManager || labels[label.project] !== name) return false;
    return (await deleteObject(context, client, key, { step: 'cluster' })) !== undefined;
  } catch (error) {
    if (error instanceof KubernetesError && error.code === 403) return false;
    throw error;
  }
}
