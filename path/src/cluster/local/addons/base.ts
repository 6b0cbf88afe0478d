import type { KubernetesObject } from '../../../kubernetes/objects.ts';
import { systemNamespace } from './add-on.ts';
import { object } from './objects.ts';

/** What every other add-on stands on: the namespace, and the API server's right to ask the kubelet for logs. */
export function baseObjects(): readonly KubernetesObject[] {
  return [
    object('v1', 'Namespace', systemNamespace, {
      // The volume provisioner's helper writes to the node's disk, so this namespace cannot be `restricted`.
      metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
    }),
    object('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'ptp:kubelet-clients', {
      subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'ptp:kubelet-clients' }],
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'system:kubelet-api-admin',
      },
    }),
  ];
}
