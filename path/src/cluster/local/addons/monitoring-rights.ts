import { monitoring } from '../../../core/monitoring.ts';
import { namespaceFor } from '../../../kubernetes/namespace.ts';
import type { KubernetesObject } from '../../../kubernetes/objects.ts';
import { pullReference, pullSecrets } from '../../../kubernetes/pull-secret.ts';
import type { CloudSite, GuestSite, NodeSite } from './add-on.ts';
import { identity, object, type Rule } from './objects.ts';

const { name } = monitoring;
const watch = ['get', 'list', 'watch'];

const pods: Rule = { apiGroups: [''], resources: ['pods'], verbs: watch };
const workloads: Rule = { apiGroups: ['apps'], resources: ['deployments', 'statefulsets'], verbs: watch };
const secrets: Rule = { apiGroups: [''], resources: ['secrets'], verbs: watch };
const nodes: readonly Rule[] = [
  { apiGroups: [''], resources: ['nodes'], verbs: watch },
  { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
];

/** The role that lets a guest's monitoring look at nodes; its name tells whose it is. */
export function nodesRole(namespace: string): string {
  return `ptp:${namespace}`;
}

/**
 * Whom the monitoring acts as, and what that may: look at what runs, and read the projects' settings in its own
 * namespace. In somebody else's cluster it looks at the project's namespace alone, and at nodes where it may.
 */
export function monitoringRights(
  site: NodeSite | CloudSite | GuestSite,
  namespace: string,
): readonly KubernetesObject[] {
  if (site.kind !== 'guest') return identity(name, namespace, [pods, ...nodes, workloads], [secrets]);
  const subjects = [{ kind: 'ServiceAccount', name, namespace }];
  const pulling = site.pullSecret === undefined ? {} : { pullSecret: site.pullSecret };
  return [
    namespaceFor(site.watched),
    object('v1', 'ServiceAccount', name, { ...pullReference(pulling) }, namespace),
    ...pullSecrets(pulling, namespace),
    ...granted('Role', { name: `ptp:${name}`, namespace, rules: [secrets], subjects }),
    ...granted('Role', {
      name: `ptp:${name}`,
      namespace: site.watched,
      rules: [pods, workloads],
      subjects,
    }),
    ...(site.nodes ? granted('ClusterRole', { name: nodesRole(namespace), rules: nodes, subjects }) : []),
  ];
}

interface Grant {
  readonly name: string;
  readonly namespace?: string;
  readonly rules: readonly Rule[];
  readonly subjects: readonly unknown[];
}

/** A role and its binding, both of one name. */
function granted(kind: 'Role' | 'ClusterRole', grant: Grant): readonly KubernetesObject[] {
  const { name, namespace, rules, subjects } = grant;
  const group = 'rbac.authorization.k8s.io';
  const roleRef = { apiGroup: group, kind, name };
  return [
    object(`${group}/v1`, kind, name, { rules }, namespace),
    object(`${group}/v1`, `${kind}Binding`, name, { subjects, roleRef }, namespace),
  ];
}
