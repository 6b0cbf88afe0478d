import { missingRights, type Right, rightsText } from '../../kubernetes/access-review.ts';
import { admissionRights } from '../../kubernetes/admission-rights.ts';
import type { KubernetesClient } from '../../kubernetes/client.ts';
import type { Check } from '../provider.ts';

/** What a deploy writes: resource → API group. */
const written: Readonly<Record<string, string>> = {
  secrets: '',
  configmaps: '',
  services: '',
  serviceaccounts: '',
  deployments: 'apps',
  statefulsets: 'apps',
  jobs: 'batch',
  poddisruptionbudgets: 'policy',
  horizontalpodautoscalers: 'autoscaling',
  networkpolicies: 'networking.k8s.io',
  gateways: 'gateway.networking.k8s.io',
  httproutes: 'gateway.networking.k8s.io',
  issuers: 'cert-manager.io',
  certificates: 'cert-manager.io',
};

/** Asks the cluster whether the credentials suffice for a deploy (SelfSubjectAccessReview), all questions at once. */
export async function rights(client: KubernetesClient, namespace: string): Promise<Check> {
  const questions: readonly Right[] = [
    { verb: 'create', resource: 'namespaces', group: '' },
    { verb: 'patch', resource: 'namespaces', group: '', name: namespace },
    { verb: 'watch', resource: 'pods', group: '', namespace },
    ...Object.entries(written).map(([resource, group]) => ({ verb: 'patch', resource, group, namespace })),
  ];
  const refused = await missingRights(client, questions);
  if (refused.length === 0) return { name: 'rights', ok: true, found: `enough to deploy to ${namespace}` };
  return {
    name: 'rights',
    ok: false,
    found: `the credentials may not ${rightsText(refused)} in ${namespace}`,
    next: 'Ask whoever runs the cluster for these rights (the ClusterRole `admin`, and the right to make the namespace, cover most), or choose another context.',
  };
}

/**
 * Whether the cluster can be told to refuse other images than those of releases. Nothing is missing for a deploy where
 * it cannot, so this is told and stops nobody.
 */
export async function admissionCheck(client: KubernetesClient, namespace: string): Promise<Check> {
  const refused = await missingRights(client, admissionRights(namespace));
  const found =
    refused.length === 0
      ? `${namespace} takes images of releases alone`
      : `${namespace} takes any image: the credentials may not ${rightsText(refused)}`;
  return { name: 'admission', ok: true, found };
}
