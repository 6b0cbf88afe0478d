import { z } from 'zod';
import { type DrillName, type DrillResult, type DrillState, drillNames } from '../core/drill.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { findRecord, listRecords, writeRecord } from '../kubernetes/records.ts';
import type { Project } from '../project/project.ts';
import { drills } from './table.ts';

/** How many results of each drill are kept, beside the last one that passed. */
export const kept = 10;

/** The label with the drill's name, which also tells results apart from other ConfigMaps. */
const drillLabel = 'ptp.dev/drill';

/** What is asked of a result that is read: later versions may add keys. */
const resultSchema = z.looseObject({
  version: z.literal(1),
  drill: z.enum(drillNames),
  begun: z.string(),
  ended: z.string(),
  by: z.string(),
  outcome: z.enum(['passed', 'failed', 'not-possible']),
  text: z.string(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

/** How it stands with every drill, as the cluster remembers. What cannot be read is passed over. */
export async function drillStates(
  context: Pick<Context, 'signal'>,
  client: KubernetesClient,
  project: Project,
): Promise<readonly DrillState[]> {
  const maps = await listRecords(client, recordsOf(project), context.signal);
  const all = new Map(
    maps.map((one) => [one.metadata.labels?.[drillLabel], parseResults(one.data?.results)]),
  );
  return drills.map(({ name, summary }) => stateOf(name, summary, all.get(name) ?? []));
}

/** When each drill was last passed. */
export async function lastPassed(
  context: Pick<Context, 'signal'>,
  client: KubernetesClient,
  project: Project,
): Promise<readonly Pick<DrillState, 'drill' | 'passed'>[]> {
  const states = await drillStates(context, client, project);
  return states.map(({ drill, passed }) => ({ drill, ...(passed === undefined ? {} : { passed }) }));
}

/** The state that follows from a drill's results, the newest first. Pure. */
export function stateOf(drill: DrillName, summary: string, results: readonly DrillResult[]): DrillState {
  const passed = results.find(({ outcome }) => outcome === 'passed')?.ended;
  return { drill, summary, results, ...(passed === undefined ? {} : { passed }) };
}

/** Reads results; those that are none are left out. */
export function parseResults(text: string | undefined): readonly DrillResult[] {
  try {
    const all: unknown = JSON.parse(text ?? '[]');
    if (!Array.isArray(all)) return [];
    return all.flatMap((one) => {
      const { success, data } = resultSchema.safeParse(one);
      return success ? [data as unknown as DrillResult] : [];
    });
  } catch {
    return [];
  }
}

/** A drill's results with one more: the newest first, the last that passed among them however old it is. */
export function withResult(
  before: readonly DrillResult[],
  result: DrillResult,
): readonly [DrillResult, ...DrillResult[]] {
  const recent = before.slice(0, kept - 1);
  const all = [result, ...recent];
  const passed = all.some(({ outcome }) => outcome === 'passed')
    ? undefined
    : before.find(({ outcome }) => outcome === 'passed');
  return [result, ...recent, ...(passed === undefined ? [] : [passed])];
}

/** Adds a result to those that the cluster keeps in the project's namespace. */
export async function writeResult(
  context: Pick<Context, 'signal'>,
  client: KubernetesClient,
  project: Project,
  result: DrillResult,
): Promise<void> {
  const records = recordsOf(project);
  const name = `ptp-drill-${result.drill}`;
  const before = await findRecord(client, records, name, context.signal);
  const results = JSON.stringify(withResult(parseResults(before?.data?.results), result));
  await writeRecord(
    client,
    records,
    { name, value: result.drill, content: { data: { results } } },
    context.signal,
  );
}

function recordsOf({ name, target }: Project) {
  return { kind: 'ConfigMap', label: drillLabel, project: name, namespace: target.namespace } as const;
}
