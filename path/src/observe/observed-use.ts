import type { ObservedUse } from '../core/cost.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { Project } from '../project/project.ts';
import { query } from './health.ts';

/** How far back is looked, in Prometheus' words; how often within it. */
const span = { back: '7d', step: '1m', seconds: 60 } as const;

/** Seconds that the answer may take: it is computed from a week of samples. */
const patience = 20;

/**
 * What copies of each component have used, as the monitoring has seen it within the last week: of the copy that used
 * most at each moment, so that what follows from it suffices for every copy. Components that it has not seen are left out.
 * @throws KubernetesError where the monitoring does not answer, StepFailed where the server cannot be reached
 */
export async function observedUse(
  { signal }: Pick<Context, 'signal'>,
  client: KubernetesClient,
  { components, target }: Pick<Project, 'components' | 'target'>,
): Promise<readonly ObservedUse[]> {
  const asked = AbortSignal.any([signal, AbortSignal.timeout(patience * 1000)]);
  const names = components.map(({ name }) => name).join('|');
  const own = `namespace="${target.namespace}",container=~"${names}"`;
  const within = `[${span.back}:${span.step}]`;
  // A subquery goes by its step: samples of a minute, each of the two before it.
  const cpu = `(max by (container) (rate(container_cpu_usage_seconds_total{${own}}[2m])))${within}`;
  const memory = `(max by (container) (container_memory_working_set_bytes{${own}}))${within}`;
  const [usual, most, kept, largest, seen] = await Promise.all(
    [
      `quantile_over_time(0.95, ${cpu})`,
      `max_over_time(${cpu})`,
      `quantile_over_time(0.99, ${memory})`,
      `max_over_time(${memory})`,
      `count_over_time(${memory})`,
    ].map(async (expression) => {
      const samples = await query({ client, target }, expression, asked);
      return new Map(samples.map(({ labels, value }) => [labels.container, value]));
    }),
  );
  return components.flatMap(({ name }) => {
    const found = [usual, most, kept, largest, seen].map((values) => values?.get(name));
    const [cpu95, cpuMost, memory99, memoryMost, minutes] = found;
    if (
      cpu95 === undefined ||
      cpuMost === undefined ||
      memory99 === undefined ||
      memoryMost === undefined ||
      minutes === undefined
    )
      return [];
    return [{ part: name, cpu95, cpuMost, memory99, memoryMost, seconds: minutes * span.seconds }];
  });
}
