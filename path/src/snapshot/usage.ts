import { z } from 'zod';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { NodeObject } from '../kubernetes/objects.ts';
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
  const found = await Promise.all(
    nodes.map(async ({ metadata }) => {
      const path = `/api/v1/nodes/${encodeURIComponent(metadata.name)}/proxy/stats/summary`;
      return usageOf(metadata.name, await client.get<unknown>(path, {}, signal));
    }),
  );
  return found.flat();
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
