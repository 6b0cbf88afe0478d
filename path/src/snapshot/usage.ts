import { z } from 'zod';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { list } from '../kubernetes/list.ts';
import type { NodeObject, Pod } from '../kubernetes/objects.ts';
import { quantity } from '../project/quantity.ts';
import type { PodUsage } from './snapshot.ts';

/** What is read of a kubelet's `/stats/summary` (k8s.io/kubelet/pkg/apis/stats/v1alpha1). */
const summary = z.object({
  pods: z
    .array(
      z.object({
        podRef: z.object({ name: z.string(), namespace: z.string() }),
        cpu: z.object({ usageNanoCores: z.number().optional() }).optional(),
        memory: z.object({ workingSetBytes: z.number().optional() }).optional(),
        volume: z
          .array(
            z.object({
              usedBytes: z.number().optional(),
              capacityBytes: z.number().optional(),
              pvcRef: z.object({ name: z.string() }).optional(),
            }),
          )
          .nullish(),
      }),
    )
    .nullish(),
});

/**
 * What every pod uses, asked of each node's kubelet by way of the API server.
 * @throws KubernetesError where the caller may not ask nodes
 */
export async function readUsage(
  client: KubernetesClient,
  nodes: readonly NodeObject[],
  signal: AbortSignal,
): Promise<readonly PodUsage[]> {
  const [pods, ...found] = await Promise.all([
    list<Pod>(client, { apiVersion: 'v1', kind: 'Pod' }, signal),
    ...nodes.map(async ({ metadata }) => {
      const path = `/api/v1/nodes/${encodeURIComponent(metadata.name)}/proxy/stats/summary`;
      return usageOf(metadata.name, await client.get<unknown>(path, {}, signal));
    }),
  ]);
  return found.flat().map((one) => {
    const pod = pods.find(
      ({ metadata }) => metadata.name === one.pod && metadata.namespace === one.namespace,
    );
    return pod === undefined ? one : { ...one, requested: requestedBy(pod) };
  });
}

/** A node's answer as usage of its pods. Pure; empty where it is none. */
export function usageOf(node: string, answer: unknown): readonly PodUsage[] {
  const parsed = summary.safeParse(answer);
  return (parsed.data?.pods ?? []).map(({ podRef, cpu, memory, volume }) => ({
    namespace: podRef.namespace,
    pod: podRef.name,
    node,
    cpu: (cpu?.usageNanoCores ?? 0) / 1e9,
    memory: memory?.workingSetBytes ?? 0,
    volumes: (volume ?? []).flatMap(({ pvcRef, usedBytes = 0, capacityBytes = 0 }) =>
      pvcRef === undefined ? [] : [{ claim: pvcRef.name, used: usedBytes, capacity: capacityBytes }],
    ),
  }));
}

/** What a pod's containers ask for together (those that start before them end before). Pure. */
export function requestedBy({ spec }: Pick<Pod, 'spec'>): { readonly cpu: number; readonly memory: number } {
  const sum = (resource: string) =>
    (spec?.containers ?? []).reduce(
      (all, { resources }) => all + (quantity(resources?.requests?.[resource] ?? '') ?? 0),
      0,
    );
  return { cpu: sum('cpu'), memory: sum('memory') };
}
