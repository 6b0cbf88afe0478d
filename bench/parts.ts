import { measureCluster } from './cluster.ts';
import type { Row } from './row.ts';
import { measureSystem } from './system.ts';

/** How thorough a run is. */
export type Effort = 'full' | 'quick';

/** A part of the measuring, which can be left out. */
export interface BenchPart {
  readonly name: string;
  measure(effort: Effort, say: (text: string) => void): Promise<readonly Row[]>;
}

/** Everything that is measured, in the order of the results. */
export const parts: readonly BenchPart[] = [
  {
    name: 'cluster',
    measure: (effort, say) =>
      effort === 'full'
        ? measureCluster({ starts: 3, changes: 5, noOps: 7, idle: 60, say })
        : measureCluster({ starts: 1, changes: 1, noOps: 2, idle: 10, say }),
  },
  {
    name: 'system',
    measure: async (effort, say) => {
      const figures = await measureSystem(effort === 'full' ? { say } : { say, seconds: 3, starts: 1 });
      return figures.map(({ name, unit, value, asked, peer }) => ({
        group: 'The reference system itself',
        name,
        unit,
        value,
        ...(asked === undefined ? {} : { asked }),
        ...(peer === undefined ? {} : { peer: { name: 'original (JVM)', value: peer, here: false } }),
      }));
    },
  },
];
