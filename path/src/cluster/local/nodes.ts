import { mkdir, rm } from 'node:fs/promises';
import type { Context } from '../../effects/context.ts';
import { type Layout, layoutOfNode } from './layout.ts';
import { findMachine, type Machine, startMachine } from './machine.ts';
import { connectNode } from './network.ts';
import type { ClusterNode, Network } from './plan.ts';
import { startPrograms } from './programs.ts';
import type { Obtained } from './source/obtain.ts';

/** The nodes of an instance, the first one first. */
export interface Nodes {
  readonly layout: Layout;
  readonly network: Network;
  readonly nodes: readonly ClusterNode[];
}

/** What else is to happen, by the name of a program: as in programs.ts, told which node it is of. */
export interface NodeHooks {
  /** When the first machine is there and before anything joins it. */
  readonly machine: () => Promise<void>;
  readonly before: Readonly<Record<string, (node: ClusterNode) => Promise<void>>>;
  readonly answers: Readonly<Record<string, () => void>>;
}

/**
 * Starts the machines that do not run, joins all to the host and to each other, and starts the programs in them;
 * returns when all answer. The further nodes' programs wait for the first one's API server.
 */
export async function startMachines(
  context: Context,
  all: Nodes,
  obtained: readonly Obtained[],
  hooks: NodeHooks,
): Promise<void> {
  const serving = Promise.withResolvers<void>();
  const start = async (node: ClusterNode, machine: Machine, waits: Promise<void> | undefined) => {
    const before = (name: string) => async () => {
      await waits;
      await hooks.before[name]?.(node);
    };
    await startPrograms(context, { ...all, node, machine }, all.nodes.length, obtained, {
      before: Object.fromEntries(
        ['kubelet', 'kube-proxy', 'network-policy'].map((name) => [name, before(name)]),
      ),
      answers: waits === undefined ? { ...hooks.answers, 'kube-apiserver': serving.resolve } : {},
    });
  };
  const [head, ...others] = all.nodes;
  if (head === undefined) return;
  const first = await ensureMachine(context, all.layout, head, undefined);
  await hooks.machine();
  await join(context, all, head, first);
  await Promise.all([
    start(head, first.machine, undefined),
    ...others.map(async (node) => {
      const own = await ensureMachine(context, all.layout, node, first.machine);
      await join(context, all, node, own);
      await start(node, own.machine, serving.promise);
    }),
  ]);
}

interface Found {
  readonly machine: Machine;
  /** It was made just now. */
  readonly fresh: boolean;
}

/** @param first the first node's machine; undefined for that machine itself */
async function ensureMachine(
  context: Context,
  layout: Layout,
  node: ClusterNode,
  first: Machine | undefined,
): Promise<Found> {
  const found = await findMachine(layout, node.name);
  if (found !== undefined) return { machine: found, fresh: false };
  return { machine: await freshMachine(context, layout, node, first), fresh: true };
}

function join(context: Context, { network, nodes }: Nodes, node: ClusterNode, found: Found): Promise<void> {
  return connectNode(context, network, found.machine, { node, nodes, fresh: found.fresh });
}

/** What a machine that is gone has left of itself goes first: addresses handed out, sockets, pids. */
async function freshMachine(
  context: Context,
  layout: Layout,
  { name }: ClusterNode,
  first: Machine | undefined,
): Promise<Machine> {
  const { run } = layoutOfNode(layout, name);
  await rm(run, { recursive: true, force: true });
  await mkdir(run, { recursive: true, mode: 0o700 });
  return startMachine(context, layout, name, first);
}
