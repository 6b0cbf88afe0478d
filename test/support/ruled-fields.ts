import { pathParts } from '../../path/src/core/field-path.ts';
import { reasonsFor } from '../../path/src/core/reason.ts';
import type { KubernetesClient } from '../../path/src/kubernetes/client.ts';
import { list } from '../../path/src/kubernetes/list.ts';
import type { AnyObject } from '../../path/src/kubernetes/objects.ts';
import { allReasons } from '../../path/src/surveying.ts';

const namespace = 'hello';

/** What the path may keep in a project's namespace, and beside it. */
const namespaced: readonly (readonly [string, string])[] = [
  ['v1', 'Secret'],
  ['v1', 'Service'],
  ['v1', 'ServiceAccount'],
  ['v1', 'ConfigMap'],
  ['apps/v1', 'Deployment'],
  ['apps/v1', 'StatefulSet'],
  ['batch/v1', 'Job'],
  ['batch/v1', 'CronJob'],
  ['autoscaling/v2', 'HorizontalPodAutoscaler'],
  ['policy/v1', 'PodDisruptionBudget'],
  ['networking.k8s.io/v1', 'NetworkPolicy'],
  ['coordination.k8s.io/v1', 'Lease'],
  ['gateway.networking.k8s.io/v1', 'Gateway'],
  ['gateway.networking.k8s.io/v1', 'HTTPRoute'],
  ['cert-manager.io/v1', 'Issuer'],
  ['cert-manager.io/v1', 'Certificate'],
];
const clusterWide: readonly (readonly [string, string])[] = [
  ['v1', 'Namespace'],
  ['admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy'],
  ['admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicyBinding'],
];

interface Managed {
  readonly manager: string;
  readonly subresource?: string;
  readonly fieldsV1: object;
}

/**
 * The fields of all objects in a cluster that the path has set, and that no rule is about, as `Kind/name .path`. Objects
 * of other projects, and of the cluster itself, are not looked at.
 */
export async function fieldsWithoutRule(client: KubernetesClient): Promise<readonly string[]> {
  const objects = await Promise.all([
    ...namespaced.map(([apiVersion, kind]) => list<AnyObject>(client, { apiVersion, kind, namespace })),
    ...clusterWide.map(([apiVersion, kind]) => list<AnyObject>(client, { apiVersion, kind })),
  ]);
  return objects.flat().flatMap((object) => withoutRule(object));
}

/** The fields of an object of the project that the path has set (server-side apply knows) and has no reason for. */
function withoutRule({ kind, metadata }: AnyObject): readonly string[] {
  const { labels = {}, managedFields = [] } = metadata as AnyObject['metadata'] & {
    readonly managedFields?: readonly Managed[];
  };
  // Namespaces beside the project's, which the local cluster itself has, are none of its objects.
  if (labels['ptp.dev/project'] !== 'hello') return [];
  const part =
    labels['ptp.dev/component'] !== undefined
      ? ('component' as const)
      : labels['ptp.dev/service'] !== undefined
        ? ('service' as const)
        : undefined;
  return managedFields
    .filter(({ manager, subresource }) => manager.startsWith('ptp') && subresource === undefined)
    .flatMap(({ fieldsV1 }) => ownedPaths(fieldsV1))
    .filter((path) => {
      const subject = { kind, ...(part === undefined ? {} : { part }) };
      return reasonsFor(allReasons, subject, pathParts(path) ?? []).length === 0;
    })
    .map((path) => `${kind}/${metadata.name} ${path}`);
}

/** The paths of `fieldsV1` (Kubernetes, "Server-Side Apply"): `f:` before a key, anything else for an entry of a list. */
function ownedPaths(fields: object, path = ''): readonly string[] {
  const entries = Object.entries(fields).filter(([key]) => key !== '.');
  if (entries.length === 0) return [path];
  return entries.flatMap(([key, value]: [string, object]) => {
    if (!key.startsWith('f:')) return ownedPaths(value, `${path}[0]`);
    const name = key.slice(2);
    return ownedPaths(value, /[.[\]]/.test(name) ? `${path}['${name}']` : `${path}.${name}`);
  });
}
