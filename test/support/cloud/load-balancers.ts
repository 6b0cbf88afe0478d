import { setTimeout as pause } from 'node:timers/promises';
import { list } from '../../../path/src/kubernetes/list.ts';
import type { ServiceObject } from '../../../path/src/kubernetes/objects.ts';
import type { System } from '../system.ts';

/** What gives Services of type LoadBalancer their addresses, as a cloud's controller does. */
export interface LoadBalancers {
  stop(): Promise<void>;
}

/** Looks after which a Service gets its address: a cloud's has none at first. */
const looks = 5;

/**
 * Takes over from the local cluster, which had none to wait for: Services have to be made anew, and get the node's address
 * some looks later.
 */
export async function loadBalancers(system: System, address: string): Promise<LoadBalancers> {
  const ending = new AbortController();
  const seen = new Map<string, number>();
  const services = () =>
    system.cluster(async (client) => {
      const all = await list<ServiceObject>(client, { apiVersion: 'v1', kind: 'Service' });
      return all.filter(({ spec }) => spec?.type === 'LoadBalancer');
    });
  const pathOf = ({ metadata }: ServiceObject) =>
    `/api/v1/namespaces/${metadata.namespace}/services/${metadata.name}`;
  const send = (method: 'DELETE' | 'PATCH', path: string, body?: object) =>
    system.cluster((client) =>
      client.send({ method, path, ...(body && { contentType: 'application/merge-patch+json', body }) }),
    );
  for (const service of await services()) await send('DELETE', pathOf(service));

  async function look(): Promise<void> {
    for (const service of await services()) {
      const { uid = '' } = service.metadata;
      if ((service.status?.loadBalancer?.ingress ?? []).length > 0) continue;
      seen.set(uid, (seen.get(uid) ?? 0) + 1);
      const status = { loadBalancer: { ingress: [{ ip: address }] } };
      if ((seen.get(uid) ?? 0) > looks) await send('PATCH', `${pathOf(service)}/status`, { status });
    }
  }
  const run = async () => {
    while (!ending.signal.aborted) {
      // The API server may be away, or what was looked at gone.
      await look().catch(() => {});
      await pause(1000, undefined, { signal: ending.signal }).catch(() => {});
    }
  };
  const running = run();
  return {
    async stop() {
      ending.abort();
      await running;
    },
  };
}
