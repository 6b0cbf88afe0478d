import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from './client.ts';
import { KubernetesError } from './error.ts';
import type { Condition, KubernetesObject } from './objects.ts';

/** cert-manager.io/v1 Certificate, as far as issuing it goes. */
export interface Certificate extends KubernetesObject {
  readonly status?: {
    readonly conditions?: readonly (Condition & { readonly lastTransitionTime?: string })[];
    /** How often in a row it was refused; absent: the last time it was not. */
    readonly failedIssuanceAttempts?: number;
  };
}

/** The status of a Certificate with the condition that has cert-manager issue it now, as `cmctl renew` sets it. */
export function withIssuing(certificate: Certificate, now: Date): Certificate {
  const { generation = 1 } = certificate.metadata;
  const others = (certificate.status?.conditions ?? []).filter(({ type }) => type !== 'Issuing');
  const issuing = {
    type: 'Issuing',
    status: 'True',
    reason: 'ManuallyTriggered',
    message: 'Certificate re-issuance manually triggered',
    lastTransitionTime: `${now.toISOString().slice(0, 19)}Z`,
    observedGeneration: generation,
  } as const;
  return { ...certificate, status: { ...certificate.status, conditions: [...others, issuing] } };
}

/**
 * Has cert-manager issue a certificate anew now, whatever time it would have waited for, as `cmctl renew` does.
 * @throws KubernetesError where it may not, or there is none
 */
export async function reissue(
  { clock, signal }: { readonly clock: Pick<Context['clock'], 'now'>; readonly signal: AbortSignal },
  client: KubernetesClient,
  namespace: string,
  name: string,
): Promise<void> {
  const path = `/apis/cert-manager.io/v1/namespaces/${encodeURIComponent(namespace)}/certificates/${name}`;
  for (let left = 5; ; left -= 1) {
    const live = await client.get<Certificate>(path, {}, signal);
    try {
      const body = withIssuing(live, clock.now());
      await client.send({ method: 'PUT', path: `${path}/status`, body, signal });
      return;
    } catch (error) {
      // Somebody has written to it meanwhile.
      if (!(error instanceof KubernetesError && error.code === 409 && left > 0)) throw error;
    }
  }
}
