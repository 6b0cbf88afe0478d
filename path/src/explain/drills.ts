import type { Fact } from '../core/answer.ts';
import type { DrillName, DrillResult } from '../core/drill.ts';
import type { ConfigMap } from '../kubernetes/objects.ts';
import { ofKind, type Snapshot } from '../snapshot/snapshot.ts';
import { fact, moment } from './fact.ts';

/**
 * What came of drills, as the cluster remembers. One that was never tried is told as such and is nothing wrong; one that
 * failed the last time is. Pure.
 */
export function drillFacts(snapshot: Snapshot, names: readonly DrillName[]): readonly Fact[] {
  const maps = ofKind<ConfigMap>(snapshot, 'ConfigMap');
  return names.map((name) => {
    const found = maps.find(({ metadata }) => metadata.labels?.['ptp.dev/drill'] === name);
    const [last] = resultsIn(found?.data?.results);
    const is =
      last === undefined
        ? 'never tried here'
        : `${last.outcome} on ${moment(last.ended)}: ${last.text}${last.traffic === undefined ? '' : ` (${last.traffic.requests} requests, ${last.traffic.failed} failed)`}`;
    return fact(`drill ${name}`, is, `ptp drill ${name}`, last?.outcome !== 'failed');
  });
}

/** The results in a map, the newest first; none where it has something else. */
function resultsIn(text: string | undefined): readonly DrillResult[] {
  try {
    const all: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(all) ? (all as readonly DrillResult[]) : [];
  } catch {
    return [];
  }
}
