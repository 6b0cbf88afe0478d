import type { KubernetesObject } from '../../../kubernetes/objects.ts';

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
