import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Emit, Event } from '../core/event.ts';
import { type Problem, StepFailed, UserMistake } from '../core/failure.ts';
import type { Clock } from '../effects/clock.ts';
import type { Project } from '../project/project.ts';

/** A line of a run's journal. `at`: when, ISO 8601. */
export type RunLine =
  | { readonly kind: 'begun'; readonly at: string; readonly command: string; readonly pid: number }
  | { readonly kind: 'event'; readonly at: string; readonly event: Event }
  | {
      readonly kind: 'ended';
      readonly at: string;
      readonly ok: boolean;
      readonly problems?: readonly Problem[];
    };

/** The journal of the last run that changed a system from this machine, one JSON object a line. */
export function journalOf(cache: string, { name, target }: Project): string {
  return join(cache, 'runs', `${name}.${target.name}.${target.instance}.jsonl`);
}

/**
 * Does work whose events are also written to the run's journal, so that `ptp ui` shows what happens in another terminal.
 * A journal that cannot be written is none: the work goes on. What was written survives a process that is killed.
 */
export async function journalled<T>(
  { cache, clock }: { readonly cache: string; readonly clock: Clock },
  project: Project,
  command: string,
  emit: Emit,
  work: (emit: Emit) => Promise<T>,
): Promise<T> {
  const journal = open(journalOf(cache, project));
  const at = () => clock.now().toISOString();
  const write = (line: RunLine) => {
    if (journal !== undefined) writeSync(journal, `${JSON.stringify(line)}\n`);
  };
  try {
    write({ kind: 'begun', at: at(), command, pid: process.pid });
    const result = await work((event) => {
      write({ kind: 'event', at: at(), event });
      emit(event);
    });
    write({ kind: 'ended', at: at(), ok: true });
    return result;
  } catch (error) {
    const told = error instanceof StepFailed || error instanceof UserMistake;
    write({ kind: 'ended', at: at(), ok: false, ...(told ? { problems: error.problems } : {}) });
    throw error;
  } finally {
    if (journal !== undefined) closeSync(journal);
  }
}

function open(file: string): number | undefined {
  try {
    mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
    return openSync(file, 'w', 0o600);
  } catch {
    return undefined;
  }
}

/** The lines of a journal that are whole; the last one of a process that was killed may not be. Pure. */
export function runLines(text: string): readonly RunLine[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as RunLine];
    } catch {
      return [];
    }
  });
}
