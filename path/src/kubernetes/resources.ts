import type { KubernetesClient } from './client.ts';
import type { ObjectKey } from './objects.ts';

/** How a kind is addressed in URLs. */
export interface Resource {
  readonly plural: string;
  readonly namespaced: boolean;
}

const namespaced = (plural: string): Resource => ({ plural, namespaced: true });
const clusterWide = (plural: string): Resource => ({ plural, namespaced: false });

/** The kinds that the path itself applies; asking the server for these at each run would cost a request a group. */
const known: Readonly<Record<string, Resource>> = {
  'v1/Namespace': clusterWide('namespaces'),
  'v1/Node': clusterWide('nodes'),
  'v1/ServiceAccount': namespaced('serviceaccounts'),
  'v1/Secret': namespaced('secrets'),
  'v1/ConfigMap': namespaced('configmaps'),
  'v1/Service': namespaced('services'),
  'v1/Pod': namespaced('pods'),
  'v1/Event': namespaced('events'),
  'v1/PersistentVolumeClaim': namespaced('persistentvolumeclaims'),
  'apps/v1/Deployment': namespaced('deployments'),
  'apps/v1/ReplicaSet': namespaced('replicasets'),
  'apps/v1/StatefulSet': namespaced('statefulsets'),
  'apps/v1/DaemonSet': namespaced('daemonsets'),
  'batch/v1/Job': namespaced('jobs'),
  'batch/v1/CronJob': namespaced('cronjobs'),
  'autoscaling/v2/HorizontalPodAutoscaler': namespaced('horizontalpodautoscalers'),
  'policy/v1/PodDisruptionBudget': namespaced('poddisruptionbudgets'),
  'networking.k8s.io/v1/NetworkPolicy': namespaced('networkpolicies'),
  'coordination.k8s.io/v1/Lease': namespaced('leases'),
  'rbac.authorization.k8s.io/v1/Role': namespaced('roles'),
  'rbac.authorization.k8s.io/v1/RoleBinding': namespaced('rolebindings'),
  'rbac.authorization.k8s.io/v1/ClusterRole': clusterWide('clusterroles'),
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': clusterWide('clusterrolebindings'),
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy': clusterWide('validatingadmissionpolicies'),
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding': clusterWide(
    'validatingadmissionpolicybindings',
  ),
  'storage.k8s.io/v1/StorageClass': clusterWide('storageclasses'),
  'apiextensions.k8s.io/v1/CustomResourceDefinition': clusterWide('customresourcedefinitions'),
  'gateway.networking.k8s.io/v1/GatewayClass': clusterWide('gatewayclasses'),
  'gateway.networking.k8s.io/v1/Gateway': namespaced('gateways'),
  'gateway.networking.k8s.io/v1/HTTPRoute': namespaced('httproutes'),
  'cert-manager.io/v1/Issuer': namespaced('issuers'),
  'cert-manager.io/v1/ClusterIssuer': clusterWide('clusterissuers'),
  'cert-manager.io/v1/Certificate': namespaced('certificates'),
};

interface ApiResourceList {
  readonly resources: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
  }[];
}

/**
 * How a kind is addressed: from the table, or by asking the server (API discovery).
 * @returns undefined where the server does not know the kind
 */
export async function resourceOf(
  client: KubernetesClient,
  kind: { readonly apiVersion: string; readonly kind: string },
): Promise<Resource | undefined> {
  const fixed = known[`${kind.apiVersion}/${kind.kind}`];
  if (fixed !== undefined) return fixed;
  const list = await client.find<ApiResourceList>(groupPath(kind.apiVersion));
  const found = list?.resources.find((entry) => entry.kind === kind.kind && !entry.name.includes('/'));
  return found === undefined ? undefined : { plural: found.name, namespaced: found.namespaced };
}

/** The path of all objects of a kind, in one namespace or in all. */
export function collectionPath(apiVersion: string, resource: Resource, namespace?: string): string {
  const scope =
    resource.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${groupPath(apiVersion)}${scope}/${resource.plural}`;
}

/** The path of one object. */
export function objectPath(key: ObjectKey, resource: Resource): string {
  return `${collectionPath(key.apiVersion, resource, key.namespace)}/${encodeURIComponent(key.name)}`;
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}
