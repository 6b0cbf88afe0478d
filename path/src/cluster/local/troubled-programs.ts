import { probe } from './health.ts';
import type { Layout } from './layout.ts';
import { furtherNodes } from './leave.ts';
import { findMachine, processesInside } from './machine.ts';
import { type ClusterNode, type Network, nodeOf, nodeProcesses } from './plan.ts';

/** A program that does not do its work, or a node of which nothing runs. */
export interface Troubled {
  /** `kubelet`, `kubelet on node2`, `node2`. */
  readonly name: string;
  readonly runs: boolean;
  /** `does not run`, or what was seen when it was asked. */
  readonly text: string;
}

/** What does not run or does not answer, on all nodes. */
export async function troubledPrograms(layout: Layout, network: Network): Promise<readonly Troubled[]> {
  const others = await furtherNodes(layout, network, 1);
  const found = await Promise.all(
    [nodeOf(network, 1), ...others].map((node) => troubledOn(layout, network, node)),
  );
  return found.flat();
}

async function troubledOn(layout: Layout, network: Network, node: ClusterNode): Promise<readonly Troubled[]> {
  const machine = await findMachine(layout, node.name);
  if (machine === undefined) return [{ name: node.name, runs: false, text: 'does not run' }];
  // A machine that ends just now has none that run.
  const running = await processesInside(machine).catch(() => new Map<string, number>());
  const looked = nodeProcesses(layout, network, node, 1).map(async ({ name, program }) => {
    const shown = node.index === 1 ? name : `${name} on ${node.name}`;
    if (!running.has(program)) return [{ name: shown, runs: false, text: 'does not run' }];
    // Without its keys, or before they are made, nothing can be asked.
    const answer = await probe(layout, network, name, node).catch((error: Error) => ({
      ready: false,
      text: error.message,
    }));
    return answer.ready ? [] : [{ name: shown, runs: true, text: `does not answer: ${answer.text}` }];
  });
  return (await Promise.all(looked)).flat();
}
