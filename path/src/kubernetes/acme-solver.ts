import type { KubernetesClient } from './client.ts';
import { KubernetesError } from './error.ts';
import { list } from './list.ts';
import type { Deployment } from './objects.ts';

const flag = '--acme-http01-solver-image=';

/**
 * The image of the pods that a cluster's cert-manager answers the challenge HTTP01 with (RFC 8555, 8.3), as its own
 * arguments name it.
 * @returns undefined where there is none, or the credentials may not look
 */
export async function acmeSolverImage(
  client: KubernetesClient,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const labels = 'app.kubernetes.io/name in (cert-manager, cert-manager-acme)';
  try {
    const found = await list<Deployment>(
      client,
      { apiVersion: 'apps/v1', kind: 'Deployment', labels },
      signal,
    );
    return found
      .flatMap(({ spec }) => spec?.template?.spec?.containers ?? [])
      .flatMap(({ args = [] }) => args)
      .find((arg) => arg.startsWith(flag))
      ?.slice(flag.length);
  } catch (error) {
    if (error instanceof KubernetesError && (error.code === 401 || error.code === 403)) return undefined;
    throw error;
  }
}
