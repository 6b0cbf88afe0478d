import type { StepName } from '../core/event.ts';
import { StepFailed, UserMistake } from '../core/failure.ts';
import type { Context } from './context.ts';

/** Does something that nobody waits for: what can be foreseen of its failing is told as warnings of a step. */
export async function asWarnings(
  { emit, signal }: Pick<Context, 'emit' | 'signal'>,
  step: StepName,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StepFailed || error instanceof UserMistake) || signal.aborted) throw error;
    for (const problem of error.problems) emit({ kind: 'warning', step, problem });
  }
}
