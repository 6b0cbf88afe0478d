import type { KubernetesObject } from '../../../kubernetes/objects.ts';
import { firstNode } from '../layout.ts';

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

/** A service account with a cluster-wide role and, where given, one in its own namespace. */
export function identity(
  name: string,
  namespace: string,
  clusterRules: readonly Rule[],
  ownRules: readonly Rule[] = [],
): readonly KubernetesObject[] {
  const subjects = [{ kind: 'ServiceAccount', name, namespace }];
  const group = 'rbac.authorization.k8s.io';
  const full = `ptp:${name}`;
  return [
    object('v1', 'ServiceAccount', name, {}, namespace),
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

/** The label of the first node. */
const onFirstNode = { [hostName]: firstNode } as const;

/** What an add-on's Deployment runs. */
export interface Workload {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The pod's specification, without its service account: that is called like the workload. */
  readonly pod: Readonly<Record<string, unknown>>;
}

/**
 * A Deployment of one pod whose successor serves before it ends. It stays on the first node, with the API server that it
 * could not do without: no other node takes a part of the cluster along when it goes.
 */
export function workload({ name, namespace, labels, pod }: Workload): KubernetesObject {
  const spec = {
    replicas: 1,
    selector: { matchLabels: labels },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    template: { metadata: { labels }, spec: { serviceAccountName: name, nodeSelector: onFirstNode, ...pod } },
  };
  return object('apps/v1', 'Deployment', name, { metadata: { labels }, spec }, namespace);
}
