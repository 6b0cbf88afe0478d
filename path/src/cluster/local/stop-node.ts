import { StepFailed } from '../../core/failure.ts';
import { layoutOf } from './layout.ts';
import { findMachine } from './machine.ts';

/**
 * Stops a node of a local cluster without a word to anybody, as a machine does that loses its power. `ptp up` starts it
 * again. Throws StepFailed where it does not run.
 */
export async function stopNode(instance: string, node: string): Promise<void> {
  const machine = await findMachine(layoutOf(instance), node);
  if (machine === undefined) throw new StepFailed({ what: `${node} does not run`, next: 'Run `ptp up`.' });
  // The init of its pid namespace: the kernel ends all that is in it.
  process.kill(machine.init, 'SIGKILL');
}
