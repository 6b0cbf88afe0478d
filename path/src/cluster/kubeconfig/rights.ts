import type { KubernetesClient } from '../../kubernetes/client.ts';
import { KubernetesError } from '../../kubernetes/error.ts';
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
  networkpolicies: 'networking.k8s.io',
  gateways: 'gateway.networking.k8s.io',
  httproutes: 'gateway.networking.k8s.io',
  issuers: 'cert-manager.io',
  certificates: 'cert-manager.io',
};

interface Question {
  readonly verb: string;
  readonly resource: string;
  readonly group: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** Asks the cluster whether the credentials suffice for a deploy (SelfSubjectAccessReview), all questions at once. */
export async function rights(client: KubernetesClient, namespace: string): Promise<Check> {
  const questions: readonly Question[] = [
    { verb: 'create', resource: 'namespaces', group: '' },
    { verb: 'patch', resource: 'namespaces', group: '', name: namespace },
    { verb: 'watch', resource: 'pods', group: '', namespace },
    ...Object.entries(written).map(([resource, group]) => ({ verb: 'patch', resource, group, namespace })),
  ];
  const answers = await Promise.all(questions.map((question) => allowed(client, question)));
  const refused = questions.filter((_, index) => answers[index] === false);
  if (refused.length === 0) return { name: 'rights', ok: true, found: `enough to deploy to ${namespace}` };
  const words = refused.map(({ verb, resource }) => `${verb} ${resource}`).join(', ');
  return {
    name: 'rights',
    ok: false,
    found: `the credentials may not ${words} in ${namespace}`,
    next: 'Ask whoever runs the cluster for these rights (the ClusterRole `admin`, and the right to make the namespace, cover most), or choose another context.',
  };
}

/** Undefined where the cluster does not answer such questions. */
async function allowed(client: KubernetesClient, question: Question): Promise<boolean | undefined> {
  try {
    const { body } = await client.send<{ readonly status?: { readonly allowed?: boolean } }>({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: question },
      },
    });
    return body.status?.allowed;
  } catch (error) {
    if (error instanceof KubernetesError && [403, 404].includes(error.code)) return undefined;
    throw error;
  }
}
