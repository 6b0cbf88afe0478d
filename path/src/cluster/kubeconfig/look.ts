import type { KubernetesClient } from '../../kubernetes/client.ts';
import { KubernetesError } from '../../kubernetes/error.ts';

/** The document at a path; undefined where it is not there, `forbidden` where these credentials may not see it. */
export async function look<T>(client: KubernetesClient, path: string): Promise<T | undefined | 'forbidden'> {
  try {
    return await client.find<T>(path);
  } catch (error) {
    if (error instanceof KubernetesError && error.code === 403) return 'forbidden';
    throw error;
  }
}
