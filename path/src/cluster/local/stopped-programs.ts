import type { Problem } from '../../core/failure.ts';
import type { Layout } from './layout.ts';
import { type Machine, processesInside } from './machine.ts';
import { type Network, nodeProcesses } from './plan.ts';

/** The names of the node's programs that do not run. */
export async function stoppedPrograms(
  layout: Layout,
  network: Network,
  machine: Machine,
): Promise<readonly string[]> {
  // A machine that ends just now has none that run.
  const running = await processesInside(machine).catch(() => new Map<string, number>());
  return nodeProcesses(layout, network)
    .filter(({ program }) => !running.has(program))
    .map(({ name }) => name);
}

/** What is said of programs that do not run. */
export function stoppedProblems(names: readonly string[]): readonly Problem[] {
  return names.map((name) => ({
    what: `${name} of the local cluster does not run`,
    next: 'Run `ptp up`: it starts it again.',
  }));
}
