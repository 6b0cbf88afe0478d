import { jsonResult } from './ptp.ts';
import type { System } from './system.ts';

/** A fact of `explain --json`. */
export interface Fact {
  readonly what: string;
  readonly is: string;
  readonly command: string;
  readonly ok: boolean;
}

/** An answer of it. */
export interface Answer {
  readonly topic: string;
  readonly facts: readonly Fact[];
}

/** What `explain` answers to every question now. */
export async function answersOf(system: System): Promise<readonly Answer[]> {
  return jsonResult(await system.must('explain', '--json')).answers as readonly Answer[];
}
