import type { Layout } from './layout.ts';
import { furtherNodes } from './leave.ts';
import { findMachine, processesInside } from './machine.ts';
import { type ClusterNode, type Network, nodeOf, nodeProcesses } from './plan.ts';

/** The names of what does not run: programs of the first node, programs `on` another one, whole nodes. */
export async function stoppedPrograms(layout: Layout, network: Network): Promise<readonly string[]> {
  const others = await furtherNodes(layout, network, 1);
  const stopped = await Promise.all(
    [nodeOf(network, 1), ...others].map((node) => stoppedOn(layout, network, node)),
  );
  return stopped.flat();
}

async function stoppedOn(layout: Layout, network: Network, node: ClusterNode): Promise<readonly string[]> {
  const machine = await findMachine(layout, node.name);
  if (machine === undefined) return [node.name];
  // A machine that ends just now has none that run.
  const running = await processesInside(machine).catch(() => new Map<string, number>());
  return nodeProcesses(layout, network, node, 1)
    .filter(({ program }) => !running.has(program))
    .map(({ name }) => (node.index === 1 ? name : `${name} on ${node.name}`));
}
