import type { KubernetesObject } from '../../../kubernetes/objects.ts';
import { systemNamespace } from './add-on.ts';
import { object } from './objects.ts';

const rbac = 'rbac.authorization.k8s.io';
const watch = ['get', 'list', 'watch'];

/**
 * What every other add-on stands on: the namespace, the API server's right to ask the kubelet for logs, and that of the
 * node's network-policy to know pods, namespaces and policies.
 */
export function baseObjects(): readonly KubernetesObject[] {
  return [
    object('v1', 'Namespace', systemNamespace, {
      // The volume provisioner's helper writes to the node's disk, so this namespace cannot be `restricted`.
      metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
    }),
    object(`${rbac}/v1`, 'ClusterRoleBinding', 'ptp:kubelet-clients', {
      subjects: [{ kind: 'Group', apiGroup: rbac, name: 'ptp:kubelet-clients' }],
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'system:kubelet-api-admin' },
    }),
    object(`${rbac}/v1`, 'ClusterRole', 'ptp:network-policy', {
      rules: [
        { apiGroups: [''], resources: ['pods', 'namespaces'], verbs: watch },
        { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: watch },
      ],
    }),
    object(`${rbac}/v1`, 'ClusterRoleBinding', 'ptp:network-policy', {
      subjects: [{ kind: 'User', apiGroup: rbac, name: 'ptp:network-policy' }],
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'ptp:network-policy' },
    }),
  ];
}
