import { X509Certificate } from 'node:crypto';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { getObject } from '../kubernetes/list.ts';
import type { SecretObject } from '../kubernetes/objects.ts';
import { names } from '../route/plan.ts';

/** The certificate that users see, and until when it is valid; empty where there is none yet. Its key is not looked at. */
export async function certificatesOf(
  client: KubernetesClient,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly { readonly name: string; readonly until: Date }[]> {
  const key = { apiVersion: 'v1', kind: 'Secret', name: names.certificate, namespace };
  const secret = await getObject<SecretObject>(client, key, signal);
  const encoded = secret?.data?.['tls.crt'];
  if (encoded === undefined) return [];
  try {
    const { subjectAltName, validToDate } = new X509Certificate(Buffer.from(encoded, 'base64'));
    return [{ name: (subjectAltName ?? '').replaceAll('DNS:', ''), until: validToDate }];
  } catch {
    return []; // no certificate: cert-manager has not filled it in yet
  }
}
