import { setTimeout as pause } from 'node:timers/promises';
import { list } from '../../../path/src/kubernetes/list.ts';
import {
  conditionsOf,
  type NodeObject,
  type Pod,
  type ServiceObject,
} from '../../../path/src/kubernetes/objects.ts';
import type { System } from '../system.ts';

/** What gives pods nodes and Services of type LoadBalancer addresses, as a cloud's controllers do. */
export interface CloudControllers {
  /** How many pods have waited for a node. */
  readonly waited: ReadonlySet<string>;
  stop(): Promise<void>;
}

/** Looks after which what is asked for is there: a cloud takes its time. */
const looks = 5;

/**
 * Takes over from the local cluster, where nothing has to be waited for: its node is a cloud's and takes no pods, until one
 * has waited for it; Services have to be made anew, and get the node's address some looks later.
 */
export async function cloudControllers(system: System, address: string): Promise<CloudControllers> {
  const ending = new AbortController();
  const seen = new Map<string, number>();
  const waited = new Set<string>();
  /** Whether something has been seen often enough. */
  const isDue = (uid: string) => {
    seen.set(uid, (seen.get(uid) ?? 0) + 1);
    return (seen.get(uid) ?? 0) > looks;
  };
  const all = <T>(kind: string) => system.cluster((client) => list<T>(client, { apiVersion: 'v1', kind }));
  const services = async () =>
    (await all<ServiceObject>('Service')).filter(({ spec }) => spec?.type === 'LoadBalancer');
  const pathOf = ({ metadata }: ServiceObject) =>
    `/api/v1/namespaces/${metadata.namespace}/services/${metadata.name}`;
  const remove = (path: string) => system.cluster((client) => client.send({ method: 'DELETE', path }));
  const patch = (path: string, body: object) =>
    system.cluster((client) =>
      client.send({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body }),
    );

  for (const service of await services()) await remove(pathOf(service));
  const nodes = (await all<NodeObject>('Node')).map(({ metadata }) => `/api/v1/nodes/${metadata.name}`);
  for (const node of nodes)
    await patch(node, { spec: { providerID: 'cloud:///a-zone/a-machine', unschedulable: true } });

  async function giveNodes(): Promise<void> {
    for (const pod of await all<Pod>('Pod')) {
      const scheduled = conditionsOf(pod).find(({ type }) => type === 'PodScheduled');
      const { uid = '' } = pod.metadata;
      if (scheduled?.reason !== 'Unschedulable') continue;
      waited.add(uid);
      if (isDue(uid)) for (const node of nodes) await patch(node, { spec: { unschedulable: null } });
    }
  }
  async function giveAddresses(): Promise<void> {
    for (const service of await services()) {
      if ((service.status?.loadBalancer?.ingress ?? []).length > 0) continue;
      if (!isDue(service.metadata.uid ?? '')) continue;
      await patch(`${pathOf(service)}/status`, { status: { loadBalancer: { ingress: [{ ip: address }] } } });
    }
  }
  const run = async () => {
    while (!ending.signal.aborted) {
      // The API server may be away, or what was looked at gone.
      await Promise.allSettled([giveNodes(), giveAddresses()]);
      await pause(1000, undefined, { signal: ending.signal }).catch(() => {});
    }
  };
  const running = run();
  return {
    waited,
    async stop() {
      ending.abort();
      await running;
    },
  };
}
