import type { KubernetesClient } from './client.ts';
import { KubernetesError } from './error.ts';
import { getObject } from './list.ts';
import { type KubernetesObject, keyOf, type ServiceObject } from './objects.ts';

/** networking.k8s.io/v1 IPAddress, as far as it is used here. */
interface IpAddress {
  readonly metadata: { readonly uid: string };
  readonly spec?: {
    readonly parentRef?: { readonly resource?: string; readonly namespace?: string; readonly name?: string };
  };
}

/**
 * Frees the address that a Service is to have, where it is kept for this very Service and that was never written:
 * whoever wanted to was killed in between. The server itself would notice after minutes. Does nothing where the address
 * is anybody else's, or these credentials may not.
 */
export async function freeAbandonedAddress(
  client: KubernetesClient,
  object: KubernetesObject,
  signal: AbortSignal,
): Promise<void> {
  const address = (object as ServiceObject).spec?.clusterIP;
  if (object.kind !== 'Service' || address === undefined || address === 'None') return;
  const path = `/apis/networking.k8s.io/v1/ipaddresses/${address}`;
  try {
    const kept = await client.find<IpAddress>(path, {}, signal);
    const { resource, namespace, name } = kept?.spec?.parentRef ?? {};
    const { metadata } = object;
    if (kept === undefined || resource !== 'services') return;
    if (namespace !== metadata.namespace || name !== metadata.name) return;
    if ((await getObject(client, keyOf(object), signal)) !== undefined) return;
    const preconditions = { uid: kept.metadata.uid };
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions };
    await client.send({ method: 'DELETE', path, body, signal });
  } catch (error) {
    if (!(error instanceof KubernetesError) || ![403, 404, 409].includes(error.code)) throw error;
  }
}
