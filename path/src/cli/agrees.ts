import type { Invocation } from './command.ts';

/** Asks the person at the terminal whether to go on; whatever is no yes is a no. */
export async function agrees(
  ask: NonNullable<Invocation['ask']>,
  lines: readonly string[],
): Promise<boolean> {
  return /^y(es)?$/i.test((await ask(lines.join('\n'))).trim());
}
