import type { KubernetesObject } from '../../../kubernetes/objects.ts';
import { firstNode } from '../layout.ts';
import type { CloudSite, NodeSite } from './add-on.ts';

/** The label that tells a node by its name. */
export const hostName = 'kubernetes.io/hostname';

/** An object with a spec, rules or data of any form; the API server checks the form. */
export function object(
  apiVersion: string,
  kind: string,
  name: string,
  rest: Readonly<Record<string, unknown>>,
  namespace?: string,
): KubernetesObject {
  const { metadata, ...parts } = rest;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(metadata as Readonly<Record<string, unknown>> | undefined),
    },
    ...parts,
  } as KubernetesObject;
}

/** One rule of a role. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/**
 * A service account with a cluster-wide role and, where given, one in its own namespace.
 * @param account an account that somebody else makes, which gets the roles instead
 */
export function identity(
  name: string,
  namespace: string,
  clusterRules: readonly Rule[],
  ownRules: readonly Rule[] = [],
  annotations: Readonly<Record<string, string>> = {},
  account?: string,
): readonly KubernetesObject[] {
  const subjects = [{ kind: 'ServiceAccount', name: account ?? name, namespace }];
  const group = 'rbac.authorization.k8s.io';
  const full = `ptp:${name}`;
  return [
    ...(account === undefined
      ? [object('v1', 'ServiceAccount', name, { metadata: { annotations } }, namespace)]
      : []),
    object(`${group}/v1`, 'ClusterRole', full, { rules: clusterRules }),
    object(`${group}/v1`, 'ClusterRoleBinding', full, {
      subjects,
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: full },
    }),
    ...(ownRules.length === 0
      ? []
      : [
          object(`${group}/v1`, 'Role', full, { rules: ownRules }, namespace),
          object(
            `${group}/v1`,
            'RoleBinding',
            full,
            { subjects, roleRef: { apiGroup: group, kind: 'Role', name: full } },
            namespace,
          ),
        ]),
  ];
}

/** Two pods on one node, or in one zone, only where there is no other. */
function spread(labels: Readonly<Record<string, string>>) {
  return [hostName, 'topology.kubernetes.io/zone'].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: labels },
  }));
}

/** The label of the first node. */
const onFirstNode = { [hostName]: firstNode } as const;

/** What an add-on's Deployment runs. */
export interface Workload {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly site: NodeSite | CloudSite;
  /** How many pods where there are several nodes; 1 unless told. */
  readonly replicas?: number;
  /** Labels that its pods have beside those that they are found by. */
  readonly podLabels?: Readonly<Record<string, string>>;
  /** The pod's specification, without its service account: that is called like the workload. */
  readonly pod: Readonly<Record<string, unknown>>;
}

/**
 * A Deployment whose pods' successors serve before they end. On our own nodes it is one pod that stays on the first one,
 * with the API server that it could not do without: no other node takes a part of the cluster along when it goes.
 */
export function workload({
  name,
  namespace,
  labels,
  podLabels,
  site,
  replicas,
  pod,
}: Workload): KubernetesObject {
  const placed =
    site.kind === 'node' ? { nodeSelector: onFirstNode } : { topologySpreadConstraints: spread(labels) };
  const spec = {
    replicas: site.kind === 'node' ? 1 : (replicas ?? 1),
    selector: { matchLabels: labels },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    template: {
      metadata: { labels: { ...labels, ...podLabels } },
      spec: { serviceAccountName: name, ...placed, ...pod },
    },
  };
  return object('apps/v1', 'Deployment', name, { metadata: { labels }, spec }, namespace);
}
