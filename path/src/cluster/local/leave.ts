import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { StepFailed } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import type { KubernetesClient } from '../../kubernetes/client.ts';
import { drain, markSchedulable, podsOn } from '../../kubernetes/drain.ts';
import { KubernetesError } from '../../kubernetes/error.ts';
import { conditionsOf, type NodeObject } from '../../kubernetes/objects.ts';
import { nodeCgroup } from './cgroup.ts';
import { type Layout, layoutOfNode } from './layout.ts';
import { findMachine, stopMachine } from './machine.ts';
import { disconnectNode } from './network.ts';
import { type ClusterNode, kubeletFile, mostNodes, type Network, nodesOf } from './plan.ts';
import { leaveCgroups } from './remove.ts';

/** On a node that is about to go: it was ptp that keeps new pods from it, so it is ptp that may change its mind. */
export const leaving = 'ptp.dev/leaving';

/** The nodes that an instance has beyond the first so many: those it has a folder of. */
export async function furtherNodes(
  layout: Layout,
  network: Network,
  count: number,
): Promise<readonly ClusterNode[]> {
  const had = await readdir(layout.nodes).catch((): string[] => []);
  return nodesOf(network, mostNodes)
    .slice(count)
    .filter(({ name }) => had.includes(name));
}

/**
 * Takes nodes out of a cluster that runs: their pods go elsewhere first, as disruption budgets allow; a node that is
 * dead is not asked. One that cannot be emptied stays, with a warning: what keeps it may be what this run mends.
 */
export async function removeNodes(
  context: Context,
  client: KubernetesClient,
  layout: Layout,
  nodes: readonly ClusterNode[],
): Promise<void> {
  // None of them takes what another gives away.
  await Promise.all(
    nodes.map(({ name }) => ifThere(markSchedulable(client, name, false, { [leaving]: 'true' }))),
  );
  await Promise.all(nodes.map((node) => removeNode(context, client, layout, node)));
}

async function removeNode(
  context: Context,
  client: KubernetesClient,
  layout: Layout,
  node: ClusterNode,
): Promise<void> {
  const machine = await findMachine(layout, node.name);
  // Nobody would end the pods of a kubelet that is dead.
  if (machine !== undefined && (await isReady(client, node))) {
    try {
      await drain(context, client, node.name, { step: 'cluster', deadline: 120 });
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error;
      for (const problem of error.problems) context.emit({ kind: 'warning', step: 'cluster', problem });
      return;
    }
  }
  if (machine !== undefined) await stopMachine(context, machine);
  await ifThere(client.send({ method: 'DELETE', path: `/api/v1/nodes/${node.name}` }));
  // Nothing of them runs any more; without their node nobody would say so for a minute.
  for (const { metadata } of await podsOn(client, node.name, context.signal)) {
    const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
    await ifThere(client.send({ method: 'DELETE', path, body: { gracePeriodSeconds: 0 } }));
  }
  await forget(context, layout, node);
}

/** Takes off the machine what a node has had. Its folder goes last: it says that there is something to take away. */
async function forget(context: Context, layout: Layout, node: ClusterNode): Promise<void> {
  await disconnectNode(context, node.veth);
  await leaveCgroups(context, nodeCgroup(layout.instance, node.name));
  const { run, log } = layoutOfNode(layout, node.name);
  const file = kubeletFile(node);
  const files = [
    join(layout.pki, `${file}.key`),
    join(layout.pki, `${file}.crt`),
    join(layout.etc, `${file}.kubeconfig`),
  ];
  for (const path of [run, log, ...files]) await rm(path, { recursive: true, force: true });
  await rm(join(layout.nodes, node.name), { recursive: true, force: true });
  await rmdir(layout.nodes).catch(() => {}); // others may be in it
}

async function isReady(client: KubernetesClient, { name }: ClusterNode): Promise<boolean> {
  const node = await client.find<NodeObject>(`/api/v1/nodes/${name}`);
  return (
    node !== undefined && conditionsOf(node).some(({ type, status }) => type === 'Ready' && status === 'True')
  );
}

async function ifThere(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof KubernetesError && error.code === 404)) throw error;
  }
}
