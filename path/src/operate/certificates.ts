import { X509Certificate } from 'node:crypto';
import { issuerName } from '../core/issuer-name.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { getObject } from '../kubernetes/list.ts';
import type { SecretObject } from '../kubernetes/objects.ts';
import { names } from '../route/plan.ts';

/** The certificate that users see, until when it is valid, and who issued it; empty where there is none yet. Its key is not looked at. */
export async function certificatesOf(
  client: KubernetesClient,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly { readonly name: string; readonly until: Date; readonly issuer: string }[]> {
  const key = { apiVersion: 'v1', kind: 'Secret', name: names.certificate, namespace };
  const secret = await getObject<SecretObject>(client, key, signal);
  const encoded = secret?.data?.['tls.crt'];
  if (encoded === undefined) return [];
  try {
    const { subjectAltName, validToDate, issuer } = new X509Certificate(Buffer.from(encoded, 'base64'));
    return [
      { name: (subjectAltName ?? '').replaceAll('DNS:', ''), until: validToDate, issuer: issuerName(issuer) },
    ];
  } catch {
    return []; // no certificate: cert-manager has not filled it in yet
  }
}
