import type { StepName } from '../core/event.ts';
import type { Context } from './context.ts';

/** Does a step's work between its `step-started` and `step-done` events; `text` says what came of it. */
export async function timed<T>(
  context: Context,
  step: StepName,
  text: string,
  work: () => Promise<{ readonly result: T; readonly text: string }>,
): Promise<T> {
  const started = context.clock.monotonic();
  context.emit({ kind: 'step-started', step, text });
  const { result, text: outcome } = await work();
  const seconds = (context.clock.monotonic() - started) / 1000;
  context.emit({ kind: 'step-done', step, seconds, text: outcome });
  return result;
}
