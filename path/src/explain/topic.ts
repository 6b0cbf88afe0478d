import type { Fact, TurnedDown } from '../core/answer.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';

/** The parts of the exercise, in its order. */
export const parts = [
  'The whole',
  'Images',
  'Publishing',
  'Cluster',
  'Manifests',
  'Services',
  'Access',
  'Security',
  'Observability',
  'Maintenance',
  'Cost',
  'At scale',
] as const;
export type Part = (typeof parts)[number];

/** One question of the exercise and how it is answered: one file each in `topics/`, of the same shape. Pure. */
export interface Topic {
  /** Its name on the command line. */
  readonly name: string;
  readonly part: Part;
  /** As the exercise asks it. */
  readonly question: string;
  /** What was chosen, in a few sentences. */
  choice(snapshot: Snapshot): string;
  readonly turnedDown: readonly TurnedDown[];
  /** What is given up for it, and what stays hard. */
  costs(snapshot: Snapshot): string;
  /** Numbers of pages in docs/decisions. */
  readonly decisions: readonly number[];
  /** What is so now; each changes when the system does. */
  facts(snapshot: Snapshot): readonly Fact[];
}
