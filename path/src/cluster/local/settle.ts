import { StepFailed } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import type { KubernetesClient } from '../../kubernetes/client.ts';
import { evict, markSchedulable } from '../../kubernetes/drain.ts';
import { list } from '../../kubernetes/list.ts';
import { conditionsOf, type NodeObject, objectName, type Pod } from '../../kubernetes/objects.ts';
import { leaving } from './leave.ts';
import { misplaced } from './spread.ts';

/** Seconds that the nodes of a cluster have to become ready. */
const deadline = 120;

/**
 * Waits until these nodes take pods, and lets pods that share a node for want of others move to the ones that are new
 * or back: nothing else in Kubernetes does. One pod of a component at a time, as its disruption budget allows; what
 * cannot move now does so in a later run.
 * @throws StepFailed where a node does not become ready
 */
export async function settleNodes(
  context: Context,
  client: KubernetesClient,
  names: readonly string[],
): Promise<void> {
  const nodes = await untilReady(context, client, names);
  for (const { metadata } of nodes) {
    if (metadata.annotations?.[leaving] === undefined) continue;
    await markSchedulable(client, metadata.name, true, { [leaving]: null });
  }
  const open = nodes.filter(
    ({ metadata, spec }) => spec?.unschedulable !== true || metadata.annotations?.[leaving] !== undefined,
  );
  const pods = await list<Pod>(client, { apiVersion: 'v1', kind: 'Pod' }, context.signal);
  const places = open.map(({ metadata }) => metadata.name);
  for (const pod of misplaced(pods, places)) {
    if ((await evict(client, pod, context.signal)) !== undefined) continue;
    const text = `${objectName(pod)} moves from ${pod.spec?.nodeName} to a node with fewer of its kind`;
    context.emit({ kind: 'note', step: 'cluster', text });
  }
}

async function untilReady(
  context: Context,
  client: KubernetesClient,
  names: readonly string[],
): Promise<readonly NodeObject[]> {
  const started = context.clock.monotonic();
  for (let told: string | undefined; ; ) {
    const all = await list<NodeObject>(client, { apiVersion: 'v1', kind: 'Node' }, context.signal);
    const nodes = all.filter(({ metadata }) => names.includes(metadata.name));
    const unready = names.filter(
      (name) => !nodes.some((node) => node.metadata.name === name && isReady(node)),
    );
    if (unready.length === 0) return nodes;
    if (context.clock.monotonic() - started > deadline * 1000) {
      throw new StepFailed({
        what: `after ${deadline} s not every node is ready: ${unready.join(', ')}`,
        next: 'Look into the kubelet’s log of such a node; `ptp down`, then `ptp up` makes them anew.',
        details: unready.map(
          (name) => `${name}: ${reasonOf(nodes.find(({ metadata }) => metadata.name === name))}`,
        ),
      });
    }
    const text = `waiting for ${unready.join(', ')}`;
    if (text !== told) context.emit({ kind: 'progress', step: 'cluster', task: 'wait for nodes', text });
    told = text;
    await context.clock.sleep(100, context.signal);
  }
}

function isReady(node: NodeObject): boolean {
  // While it is new, or just back, the taint outlives the condition by a moment.
  const tainted = (node.spec?.taints ?? []).some(({ key }) =>
    ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].includes(key),
  );
  return !tainted && conditionsOf(node).some(({ type, status }) => type === 'Ready' && status === 'True');
}

function reasonOf(node: NodeObject | undefined): string {
  if (node === undefined) return 'it has not told of itself';
  const ready = conditionsOf(node).find(({ type }) => type === 'Ready');
  return ready?.message ?? ready?.reason ?? 'it says nothing of its state';
}
