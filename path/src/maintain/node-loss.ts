import { type Problem, StepFailed, UserMistake } from '../core/failure.ts';
import type { TrafficResult } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { drain, markSchedulable } from '../kubernetes/drain.ts';
import { label, ownedBy } from '../kubernetes/labels.ts';
import { list } from '../kubernetes/list.ts';
import { type Deployment, type NodeObject, objectName, type Pod } from '../kubernetes/objects.ts';
import type { Project } from '../project/project.ts';
import type { Drill, Drilled, DrillInput } from './drill.ts';
import { judgeDrill } from './judge.ts';

/** Seconds that pods have to come up elsewhere. */
const deadline = 180;

/** Seconds that a node which stops without warning may cost requests. */
const borne = 60;

/** Milliseconds between two looks, and that requests go on for when all serve again. */
const every = 250;
const tail = 5000;

/**
 * Takes a node away: empties it first, so that nobody notices; or, with `sudden`, stops it without warning and counts
 * what that costs. It is a node that has no volume of the project: a database on one stays where that is.
 */
export const nodeLoss: Drill = {
  name: 'node-loss',
  summary: 'a node is emptied (or, with --sudden, stops without warning)',
  async possible(context, { client, options, cluster }) {
    const nodes = await nodeNames(client, context.signal);
    if (nodes.length < 2) return { notPossible: 'the cluster has one node: what it runs has nowhere to go' };
    if (options.sudden === true && cluster.provider !== 'local')
      return { notPossible: 'only nodes of a local cluster can be stopped from here' };
    return undefined;
  },
  async run(context, input) {
    const node = await chosen(context, input);
    return input.options.sudden === true ? suddenly(context, input, node) : emptied(context, input, node);
  },
  judge(traffic, drilled) {
    return drilled.facts.sudden === true ? judgeSudden(traffic, drilled) : judgeDrill(traffic);
  },
};

async function emptied(context: Context, input: DrillInput, node: string): Promise<Drilled> {
  const { client, project } = input;
  const began = context.clock.monotonic();
  const moved = (await podsOf(context, client, project)).filter(({ spec }) => spec?.nodeName === node);
  await markSchedulable(client, node, false);
  try {
    await drain(context, client, node, { step: 'maintain', deadline });
    await untilServing(context, input);
  } finally {
    await markSchedulable(client, node, true);
  }
  const seconds = Math.round((context.clock.monotonic() - began) / 10) / 100;
  return {
    text: `${node} was emptied: ${moved.length} pods serve elsewhere after ${seconds} s`,
    facts: { node, sudden: false, pods: moved.length, seconds },
  };
}

async function suddenly(context: Context, input: DrillInput, node: string): Promise<Drilled> {
  const { client, project, tools } = input;
  const { clock, signal } = context;
  const began = clock.monotonic();
  const lost = (await podsOf(context, client, project)).filter(({ spec }) => spec?.nodeName === node);
  await tools.stopNode(node);
  const uids = new Set(lost.map(({ metadata }) => metadata.uid));
  // Until the control plane has noticed, it takes those pods for good ones.
  await until(context, `${node} is noticed to be gone`, async () => {
    const pods = await podsOf(context, client, project);
    return pods.every(({ metadata, status }) => !uids.has(metadata.uid) || !isReady(status));
  });
  const noticed = clock.monotonic();
  await untilServing(context, input);
  const replaced = clock.monotonic();
  await clock.sleep(tail, signal);
  const seconds = (from: number, to: number) => Math.round((to - from) / 10) / 100;
  return {
    text: `${node} stopped without warning: ${lost.length} pods were replaced after ${seconds(began, replaced)} s`,
    facts: {
      node,
      sudden: true,
      pods: lost.length,
      secondsUntilNoticed: seconds(began, noticed),
      secondsUntilReplaced: seconds(began, replaced),
    },
  };
}

/** What a node that stopped without warning may not do: cost requests for more than a minute, or lose a row. */
export function judgeSudden(traffic: TrafficResult, { facts }: Pick<Drilled, 'facts'>): Problem | undefined {
  const { failed, lastFailed = 0, requests, url } = traffic;
  if (lastFailed > borne)
    return {
      what: `requests failed until ${lastFailed.toFixed(1)} s after ${facts.node} had stopped; ${borne} s are borne`,
      where: { object: url },
      next: 'Run `ptp status` and `ptp up`, which starts the node again.',
      details: [`${failed} of ${requests} requests failed`],
    };
  return judgeDrill({ ...traffic, failed: 0 });
}

/** The node that is named, else the one with the most of the project's pods among those without one of its volumes. */
async function chosen(context: Context, { client, project, options }: DrillInput): Promise<string> {
  const [nodes, pods] = await Promise.all([
    nodeNames(client, context.signal),
    podsOf(context, client, project),
  ]);
  const bound = new Set(
    pods.flatMap(({ spec }) =>
      (spec?.volumes ?? []).some(({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined)
        ? [spec?.nodeName]
        : [],
    ),
  );
  const free = nodes.filter((node) => !bound.has(node));
  if (options.node !== undefined && !free.includes(options.node))
    throw new UserMistake({
      what: nodes.includes(options.node)
        ? `${options.node} has a volume of ${project.name}, which cannot go elsewhere`
        : `there is no node ${options.node}`,
      next: `These can be tried: ${free.join(', ') || 'none'}.`,
    });
  const count = (node: string) => pods.filter(({ spec }) => spec?.nodeName === node).length;
  const [most] = free.toSorted((one, other) => count(other) - count(one));
  const node = options.node ?? most;
  if (node === undefined)
    throw new StepFailed({ what: 'every node has a volume of the project, which cannot go elsewhere' });
  if (count(node) === 0)
    throw new UserMistake({
      what: `nothing of ${project.name} is on ${node}, so losing it would show nothing`,
      next: 'Run `ptp up`, which spreads pods over nodes that came back.',
    });
  return node;
}

async function nodeNames(client: KubernetesClient, signal: AbortSignal): Promise<readonly string[]> {
  const nodes = await list<NodeObject>(client, { apiVersion: 'v1', kind: 'Node' }, signal);
  return nodes.filter(({ spec }) => spec?.unschedulable !== true).map(({ metadata }) => metadata.name);
}

/** The pods of the project's components and services that are not about to go. */
async function podsOf(
  { signal }: Pick<Context, 'signal'>,
  client: KubernetesClient,
  project: Project,
): Promise<readonly Pod[]> {
  const labels = `${label.project}=${project.name}`;
  const where = { apiVersion: 'v1', kind: 'Pod', namespace: project.target.namespace, labels };
  const pods = await list<Pod>(client, where, signal);
  return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

function isReady(status: Pod['status']): boolean {
  return (status?.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True');
}

async function untilServing(context: Context, { client, project }: DrillInput): Promise<void> {
  const selection = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    namespace: project.target.namespace,
    labels: ownedBy(project.name, 'deploy'),
  };
  await until(context, 'all pods serve elsewhere', async () => {
    const all = await list<Deployment>(client, selection, context.signal);
    const short = all.filter(({ spec, status }) => (status?.readyReplicas ?? 0) < (spec?.replicas ?? 0));
    const text = `waiting for ${short.map((one) => objectName(one)).join(', ')}`;
    if (short.length > 0) context.emit({ kind: 'progress', step: 'maintain', task: 'pods', text });
    return short.length === 0;
  });
}

async function until(
  { clock, signal }: Pick<Context, 'clock' | 'signal'>,
  what: string,
  such: () => Promise<boolean>,
): Promise<void> {
  const began = clock.monotonic();
  while (!(await such())) {
    if ((clock.monotonic() - began) / 1000 > deadline)
      throw new StepFailed({ what: `after ${deadline} s not yet: ${what}`, next: 'Run `ptp status`.' });
    await clock.sleep(every, signal);
  }
}
