import type { Cluster } from '../core/handover.ts';
import type { SecretObject, ServiceAccount } from './objects.ts';

/** The name of the Secret with which nodes pull a project's images. */
export const pullSecretName = 'registry-pull';

/** The Secret with a cluster's pull credentials, in a namespace; none where nodes need none. */
export function pullSecrets(
  { pullSecret }: Pick<Cluster, 'pullSecret'>,
  namespace: string,
): readonly SecretObject[] {
  if (pullSecret === undefined) return [];
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/dockerconfigjson',
      metadata: { name: pullSecretName, namespace },
      data: { '.dockerconfigjson': Buffer.from(pullSecret.reveal()).toString('base64') },
    },
  ];
}

/**
 * What a ServiceAccount says of the pull credentials. Pods take it from their account when they are made, so that new
 * credentials replace no pod.
 */
export function pullReference({
  pullSecret,
}: Pick<Cluster, 'pullSecret'>): Pick<ServiceAccount, 'imagePullSecrets'> {
  return pullSecret === undefined ? {} : { imagePullSecrets: [{ name: pullSecretName }] };
}
