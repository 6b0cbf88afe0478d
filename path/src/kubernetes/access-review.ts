import type { KubernetesClient } from './client.ts';
import { KubernetesError } from './error.ts';

/** Something that credentials may or may not do. */
export interface Right {
  readonly verb: string;
  readonly resource: string;
  readonly subresource?: string;
  /** The API group; empty for the core one. */
  readonly group: string;
  readonly namespace?: string;
  readonly name?: string;
}

/**
 * Asks the cluster whether the credentials have a right (authorization.k8s.io/v1, SelfSubjectAccessReview).
 * Undefined where the cluster does not answer such questions.
 */
export async function allowed(client: KubernetesClient, right: Right): Promise<boolean | undefined> {
  try {
    const { body } = await client.send<{ readonly status?: { readonly allowed?: boolean } }>({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: right },
      },
    });
    return body.status?.allowed;
  } catch (error) {
    if (error instanceof KubernetesError && [403, 404].includes(error.code)) return undefined;
    throw error;
  }
}

/** Those of some rights that the cluster says the credentials do not have; all questions at once. */
export async function missingRights(
  client: KubernetesClient,
  rights: readonly Right[],
): Promise<readonly Right[]> {
  const answers = await Promise.all(rights.map((right) => allowed(client, right)));
  return rights.filter((_, index) => answers[index] === false);
}

/** Rights in a few words: `patch deployments, watch pods`. */
export function rightsText(rights: readonly Right[]): string {
  return rights.map(({ verb, resource }) => `${verb} ${resource}`).join(', ');
}
