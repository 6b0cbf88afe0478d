import type { KubernetesClient } from '../../kubernetes/client.ts';
import { list } from '../../kubernetes/list.ts';
import type { ConfigMap } from '../../kubernetes/objects.ts';

/** What pods know the API server by, in each namespace (kubernetes.io, "kube-root-ca.crt"). */
const name = 'kube-root-ca.crt';

/**
 * Tells pods the authority that the API server has now. The controller does so too, but may come after the kubelet: pods
 * that started with an authority that was lost would not be let know of another one before they end.
 */
export async function renewPodsAuthority(
  client: KubernetesClient,
  authority: string,
  signal: AbortSignal,
): Promise<void> {
  const selection = { apiVersion: 'v1', kind: 'ConfigMap', fields: `metadata.name=${name}` };
  const maps = await list<ConfigMap>(client, selection, signal);
  const stale = maps.filter(({ data }) => data?.['ca.crt']?.trim() !== authority.trim());
  await Promise.all(
    stale.map(({ metadata }) =>
      client.send({
        method: 'PATCH',
        path: `/api/v1/namespaces/${metadata.namespace}/configmaps/${name}`,
        contentType: 'application/merge-patch+json',
        body: { data: { 'ca.crt': authority } },
        signal,
      }),
    ),
  );
}
