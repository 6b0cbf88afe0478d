import { monitoringNamespace } from '../../core/monitoring.ts';
import type { Context } from '../../effects/context.ts';
import { missingRights, type Right, rightsText } from '../../kubernetes/access-review.ts';
import { apply } from '../../kubernetes/apply.ts';
import type { KubernetesClient } from '../../kubernetes/client.ts';
import type { Project } from '../../project/project.ts';
import { addOnPart } from '../local/add-on-part.ts';
import type { GuestSite } from '../local/addons/add-on.ts';
import { monitoringAddOn } from '../local/addons/monitoring.ts';
import { nodesRole } from '../local/addons/monitoring-rights.ts';
import { imageOf } from '../local/install.ts';
import { lately } from '../local/source/lately.ts';
import type { Check, Part } from '../provider.ts';
import { namespaceCheck } from './namespace-check.ts';
import { hasVolumes } from './volumes.ts';
import { withoutMonitoring } from './without-monitoring.ts';

/** What the monitoring is made of, beside what a deploy writes: resource → API group. */
const written: Readonly<Record<string, string>> = {
  deployments: 'apps',
  services: '',
  secrets: '',
  configmaps: '',
  serviceaccounts: '',
  persistentvolumeclaims: '',
  networkpolicies: 'networking.k8s.io',
  roles: 'rbac.authorization.k8s.io',
  rolebindings: 'rbac.authorization.k8s.io',
};

/** Whether what watches over a project can be put beside it; empty where the target wants none. */
export async function monitoringChecks(
  client: KubernetesClient,
  project: Project,
): Promise<readonly Check[]> {
  if (project.target.monitoring !== 'cluster') return [];
  const place = monitoringNamespace(project.target);
  const [namespace, allowed] = await Promise.all([
    namespaceCheck(client, project, place),
    rightsCheck(client, project, place),
  ]);
  if (namespace.ok) return [allowed];
  const next = `Where it is nothing of ptp's, write \`monitoring: none\` in targets.${project.target.name}, or give the project another namespace.`;
  return [{ ...namespace, name: 'monitoring', next }];
}

async function rightsCheck(client: KubernetesClient, { target }: Project, namespace: string): Promise<Check> {
  const group = 'rbac.authorization.k8s.io';
  const missing = await missingRights(client, [
    { verb: 'patch', resource: 'namespaces', group: '', name: namespace },
    ...Object.entries(written).map(([resource, group]) => ({ verb: 'patch', resource, group, namespace })),
    // Its right to look at the project's pods.
    { verb: 'patch', resource: 'roles', group, namespace: target.namespace },
    { verb: 'patch', resource: 'rolebindings', group, namespace: target.namespace },
  ]);
  const name = 'monitoring';
  if (missing.length === 0) {
    const nodes = await mayLookAtNodes(client, namespace);
    const found = `${namespace}${nodes ? '' : '; how full volumes are is not known: the credentials may not let it ask nodes'}`;
    return { name, ok: true, found };
  }
  return {
    name,
    ok: false,
    found: `the credentials may not ${rightsText(missing)} for ${namespace}`,
    next: `Ask whoever runs the cluster for these rights. Where they watch over it themselves, write \`monitoring: none\` in targets.${target.name}.`,
  };
}

/** What is put beside a project that watches over it, or takes that away again; undefined where neither is wanted. */
export async function monitoringPart(
  context: Context,
  client: KubernetesClient,
  project: Project,
): Promise<Part | undefined> {
  const { target } = project;
  if (target.monitoring === undefined) return undefined;
  if (target.monitoring === 'none') return withoutMonitoring(context, project);
  const namespace = monitoringNamespace(target);
  const [nodes, volumes] = await Promise.all([mayLookAtNodes(client, namespace), hasVolumes(client, target)]);
  if (!volumes) {
    const text = `${namespace} keeps its figures only as long as its pod runs: no storage class is the default`;
    context.emit({ kind: 'note', step: 'cluster', text });
  }
  return addOnPart<GuestSite>(context, monitoringAddOn(namespace), {
    obtained: lately(context),
    site: ({ pullSecret }) => ({
      kind: 'guest',
      watched: target.namespace,
      nodes,
      volumes,
      ...(target.storageClass === undefined ? {} : { storageClass: target.storageClass }),
      ...(pullSecret === undefined ? {} : { pullSecret }),
    }),
    // Nothing of ours says in this cluster what was applied last, and what others manage is theirs.
    put: async (within, its, { addOn, images, site }) => {
      const objects = await addOn.objects({ site, image: imageOf(addOn, images) });
      await apply(within, its, objects, { step: 'cluster', project: project.name });
    },
  });
}

/** Whether it may be given the right to look at nodes: nobody can give what he has not got himself. */
async function mayLookAtNodes(client: KubernetesClient, namespace: string): Promise<boolean> {
  const [group, name] = ['rbac.authorization.k8s.io', nodesRole(namespace)];
  const needed: readonly Right[] = [
    { verb: 'patch', resource: 'clusterroles', group, name },
    { verb: 'patch', resource: 'clusterrolebindings', group, name },
    { verb: 'watch', resource: 'nodes', group: '' },
    { verb: 'get', resource: 'nodes', subresource: 'metrics', group: '' },
  ];
  return (await missingRights(client, needed)).length === 0;
}
