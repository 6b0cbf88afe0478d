import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeClock } from '../../path/src/effects/node/clock.ts';
import { drain, markSchedulable } from '../../path/src/kubernetes/drain.ts';
import { list } from '../../path/src/kubernetes/list.ts';
import { conditionsOf, type Deployment, type NodeObject } from '../../path/src/kubernetes/objects.ts';
import { connects } from '../support/connects.ts';
import type { Door } from '../support/door.ts';
import {
  added,
  type HostState,
  heldNamespaces,
  hostState,
  machineInit,
  type Namespaces,
  namespacesOf,
  processesOf,
} from '../support/host.ts';
import { bearable, type Load, reportText, startLoad } from '../support/load.ts';
import { jsonLines, jsonResult, ptp, tail } from '../support/ptp.ts';
import { type PodState, System } from '../support/system.ts';
import { until } from '../support/until.ts';

/*
 * A cluster of several nodes on a cluster of these tests' own, from one node to three and back: what a node that is
 * emptied, or that stops without a word, costs the users. The tests follow each other.
 */
const instance = 'ptp-nodes';
const system = new System({ instance, ports: { http: 28_080, https: 28_443 } });
const components = ['gateway', 'backend', 'frontend'] as const;
let before: HostState;
let door: Door;

beforeAll(async () => {
  await system.must('down', '--data', '--yes');
  before = hostState(instance);
});
afterAll(() => system.remove());

describe('a cluster of several nodes', () => {
  test('one becomes three: pods move to those that came, and all is well', async () => {
    await up(1);
    door = await system.door();
    await system.rows.make(door);
    await up(3);
    expect(await readyNodes()).toEqual(['node1', 'node2', 'node3']);
    for (const name of components) {
      const nodes = (await system.podsOf(name)).map(({ node }) => node);
      expect(new Set(nodes).size, `${name} runs on ${nodes.join(', ')}`).toBe(2);
    }
    await system.mustBeWell();
    expect(await system.rows.lost(door)).toEqual([]);
  });

  test('pods reach those of other nodes that they may reach, and no others', async () => {
    const tried: string[] = [];
    const wrong: string[] = [];
    const pods = await system.pods();
    const of = (part: string) => pods.filter((pod) => pod.part === part);
    const look = async (from: PodState, to: PodState, port: number, may: boolean) => {
      const can = await connects(instance, from, to.address, port);
      const words = `${from.part} on ${from.node} → ${to.part} on ${to.node}`;
      if (from.node !== to.node) tried.push(words);
      if (can !== may) wrong.push(`${words}: ${can ? 'is let through' : 'is refused'}`);
    };
    const pairs = (from: string, to: string) =>
      of(from).flatMap((one) => of(to).map((other) => [one, other] as const));
    await Promise.all([
      ...pairs('gateway', 'backend').map(([one, other]) => look(one, other, 8080, true)),
      ...pairs('gateway', 'frontend').map(([one, other]) => look(one, other, 8080, true)),
      ...pairs('backend', 'database').map(([one, other]) => look(one, other, 5432, true)),
      ...pairs('frontend', 'backend').map(([one, other]) => look(one, other, 8080, false)),
      ...pairs('gateway', 'database').map(([one, other]) => look(one, other, 5432, false)),
      ...pairs('backend', 'frontend').map(([one, other]) => look(one, other, 8080, false)),
    ]);
    expect(wrong).toEqual([]);
    expect(tried.length).toBeGreaterThan(6);
  });

  test('logs come from every node', async () => {
    // A pod that has just moved may not have said anything yet.
    await until(
      'both pods of the gateway have said something',
      async () => jsonLines(await system.must('logs', 'gateway', '--json', '--lines', '5')),
      (lines) => new Set(lines.map(({ pod }) => pod)).size === 2,
      60,
    );
  });

  test('`ptp drill node-loss` empties the node that has most, costs no request, and is recorded', async () => {
    const node = await hostOfMost();
    const rate = await bearable({ door, rows: system.rows }, [100, 45, 20, 8]);
    const drill = jsonResult(await system.ptp('drill', 'node-loss', '--rate', String(rate), '--json'));
    expect(drill).toMatchObject({
      outcome: 'passed',
      facts: { node, sudden: false },
      traffic: { failed: 0 },
    });
    tell(`drill node-loss at ${rate}/s: ${drill.text}`);
    await up(3);
  });

  test('a node that is emptied under load costs no request', async () => {
    const node = await hostOfMost();
    const rate = await bearable({ door, rows: system.rows }, [45, 20, 8]);
    const load = startLoad({ door, rate, rows: system.rows });
    await pause(2000);
    await system.cluster(async (client) => {
      const context = { emit: () => {}, clock: nodeClock, signal: AbortSignal.timeout(180_000) };
      await markSchedulable(client, node, false);
      await drain(context, client, node, { step: 'cluster', deadline: 120 });
      await until('all pods serve elsewhere', unready, (names) => names.length === 0);
      await markSchedulable(client, node, true);
    });
    await pause(2000);
    const report = await load.stop();
    tell(`${node} was emptied under ${rate} requests a second: ${reportText(report)}`);
    expect(report.failures).toEqual([]);
    expect(await system.rows.lost(door)).toEqual([]);
  });

  test('a node that stops without a word: over within a minute, and no row is lost', async () => {
    const node = await hostOfMost();
    const rate = await bearable({ door, rows: system.rows }, [45, 20, 8]);
    const load = startLoad({ door, rate, rows: system.rows });
    await pause(2000);
    const stopped = load.now();
    const lost = ['drill', 'node-loss', '--sudden', '--node', node, '--rate', '8', '--json'];
    const drill = jsonResult(await system.ptp(...lost));
    expect(drill).toMatchObject({ outcome: 'passed', facts: { node, sudden: true } });
    tell(`drill node-loss --sudden: ${drill.text}; ${JSON.stringify(drill.facts)}`);
    expect(await unready()).toEqual([]);
    await until(
      'nothing fails any more',
      () => load.now() - lastFailure(load),
      (quiet) => quiet > 5,
    );
    const report = await load.stop();
    const over = Math.max(0, lastFailure(load) - stopped);
    tell(`${node} stopped under ${rate} requests a second at ${stopped.toFixed(1)} s: ${reportText(report)}`);
    for (const { at, kind, took } of report.failures)
      tell(`  ${(at - stopped).toFixed(2)} s, after ${took.toFixed(2)} s: ${kind}`);
    expect(over).toBeLessThan(60);
    expect(await system.rows.lost(door)).toEqual([]);
    const status = await system.ptp('status');
    expect(status.code).toBe(1);
    expect(status.stdout).toContain(`${node} of the local cluster does not run`);
  });

  test('`up` mends nodes that are dead, whole or in part', async () => {
    const kubelets = processesOf(instance).filter(({ args }) => args[0]?.endsWith('/bin/kubelet'));
    const further = kubelets.filter(({ args }) => args.some((arg) => /hostname-override=node[23]/.test(arg)));
    expect(further).toHaveLength(1);
    for (const { pid } of further) process.kill(pid, 'SIGKILL');
    await up(3);
    expect(await readyNodes()).toEqual(['node1', 'node2', 'node3']);
    await system.mustBeWell();
    for (const name of components)
      expect(new Set((await system.podsOf(name)).map(({ node }) => node)).size, name).toBe(2);
    expect(await system.rows.lost(door)).toEqual([]);
  });

  test('three become one: what ran on the others serves on, and nothing of them is left', async () => {
    const alone = namespacesOfNodes(['node2', 'node3']);
    const load = startLoad({ door, rate: 8, rows: system.rows });
    await up(1);
    const report = await load.stop();
    tell(`two of three nodes were taken away under 8 requests a second: ${reportText(report)}`);
    expect(report.failures).toEqual([]);
    expect(await readyNodes()).toEqual(['node1']);
    await system.mustBeWell();
    expect(await system.rows.lost(door)).toEqual([]);
    expect(processesOf(instance).filter(({ args }) => args.some((arg) => /node[23]/.test(arg)))).toEqual([]);
    expect(heldNamespaces(alone)).toEqual([]);
    const left = added(before, hostState(instance));
    expect(left.interfaces.filter((name) => /n[23]$/.test(name))).toEqual([]);
  });

  test('`down --data` leaves nothing of a cluster whose nodes are half dead', async () => {
    await up(2);
    const namespaces = namespacesOf(instance);
    process.kill(machineInit(instance, 'node2'), 'SIGKILL');
    await system.must('down', '--data', '--yes');
    system.forget();
    expect(processesOf(instance)).toEqual([]);
    expect(heldNamespaces(namespaces)).toEqual([]);
    expect(added(before, hostState(instance))).toEqual({
      mounts: [],
      interfaces: [],
      firewall: [],
      cgroups: [],
      files: [],
      routes: [],
      settings: [],
    });
  });
});

/** Runs `up` with so many nodes; it has to end well. */
async function up(nodes: number): Promise<void> {
  const place = { ...system.place, env: { ...system.place.env, PTP_NODES: String(nodes) } };
  const ended = await ptp(place, ['up']);
  if (ended.code !== 0)
    throw new Error(`\`ptp up\` with ${nodes} nodes ended with ${ended.code}:\n${tail(ended)}`);
  tell(`\`ptp up\` with ${nodes} nodes: ${ended.seconds.toFixed(1)} s`);
}

function readyNodes(): Promise<readonly string[]> {
  return system.cluster(async (client) => {
    const nodes = await list<NodeObject>(client, { apiVersion: 'v1', kind: 'Node' });
    const ready = nodes.filter((node) =>
      conditionsOf(node).some(({ type, status }) => type === 'Ready' && status === 'True'),
    );
    return ready.map(({ metadata }) => metadata.name).sort();
  });
}

/** Deployments that have fewer pods that serve than they should. */
function unready(): Promise<readonly string[]> {
  return system.cluster(async (client) => {
    const all = await list<Deployment>(client, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace: 'hello',
    });
    const short = all.filter(({ spec, status }) => (status?.readyReplicas ?? 0) < (spec?.replicas ?? 0));
    return short.map(({ metadata }) => metadata.name);
  });
}

/** The further node with the most pods: the first one has the data. */
async function hostOfMost(): Promise<string> {
  const pods = await system.pods();
  const count = (node: string) => pods.filter((pod) => pod.node === node).length;
  const node = count('node2') >= count('node3') ? 'node2' : 'node3';
  expect(count(node)).toBeGreaterThan(0);
  return node;
}

function namespacesOfNodes(nodes: readonly string[]): Namespaces {
  const own = new Set(nodes.map((node) => machineInit(instance, node)));
  expect(own.size).toBe(nodes.length);
  return namespacesOf(instance, (pid) => own.has(pid));
}

/** Seconds from the load's begin to the end of the last request that failed; 0 where none has. */
function lastFailure({ failures }: Load): number {
  return failures.reduce((end, { at, took }) => Math.max(end, at + took), 0);
}

/** Figures are for whoever reads the output: they depend on what else the machine does. */
function tell(text: string): void {
  process.stdout.write(`${text}\n`);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
