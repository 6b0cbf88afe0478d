import { StepFailed } from '../core/failure.ts';
import type { Cluster, Route } from '../core/handover.ts';
import { addressOf } from '../effects/address-of.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { getObject } from '../kubernetes/list.ts';
import type { Gateway } from './objects.ts';
import { names } from './plan.ts';

/** How users reach the gateway. */
export type WayIn = Pick<Route, 'entry' | 'gateway'>;

/** Milliseconds between two looks for an address. */
const pace = 1000;
/** Seconds that a cloud may take for the address of a load balancer; it usually takes two minutes. */
const patience = 600;
const usually = 120;

/**
 * By the cluster's entry; where they come from elsewhere, by the first address that the gateway tells of itself (Gateway
 * API, GatewayStatus), which may be none.
 */
export async function wayIn(
  { signal }: Pick<Context, 'signal'>,
  client: KubernetesClient,
  namespace: string,
  { entry }: Pick<Cluster, 'entry'>,
): Promise<WayIn> {
  if (entry !== undefined) return { entry };
  const key = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', name: names.gateway, namespace };
  const gateway = await getObject<Gateway>(client, key, signal);
  const address = gateway?.status?.addresses?.[0]?.value;
  return address === undefined ? {} : { gateway: address };
}

/** A route that is open, and for whom. */
export interface WayInInput {
  readonly client: KubernetesClient;
  readonly cluster: Pick<Cluster, 'entry' | 'point'>;
  readonly namespace: string;
  /** What users ask for. */
  readonly url: string;
}

/**
 * The same, where nobody knows the way yet: a gateway is programmed before a cloud's load balancer has its address, which
 * takes minutes. Where users find the name already, by a way of somebody's own, nothing is waited for.
 * @throws StepFailed where no address comes
 */
export async function untilWayIn(
  context: Pick<Context, 'clock' | 'emit' | 'signal'>,
  { client, cluster, namespace, url }: WayInInput,
): Promise<WayIn> {
  const { clock, emit, signal } = context;
  const object = `${namespace}/gateway/${names.gateway}`;
  const task = `wait for the address of ${object}`;
  const started = clock.monotonic();
  for (let looks = 0; ; looks += 1) {
    const way = await wayIn(context, client, namespace, cluster);
    const seconds = (clock.monotonic() - started) / 1000;
    if (way.entry !== undefined || way.gateway !== undefined) {
      if (looks > 0)
        emit({ kind: 'task-done', step: 'route', task, text: `${object} is at ${way.gateway}`, seconds });
      return way;
    }
    if (cluster.point === undefined && (await addressOf(new URL(url).hostname)) !== undefined) return way;
    if (seconds > patience)
      throw new StepFailed({
        what: `after ${patience} s the gateway has no address`,
        where: { object },
        next: "Look at the Service of its controller, and at that Service's events: it needs an external address.",
      });
    if (looks === 0) {
      const text = 'the load balancer is being made';
      emit({ kind: 'progress', step: 'route', task, text, remaining: usually });
    }
    await clock.sleep(pace, signal);
  }
}
