import { expect, test } from 'vitest';
import type { ObservedUse } from '../core/cost.ts';
import type { AnyObject } from '../kubernetes/objects.ts';
import { smallComponent } from '../project/testing/small-component.ts';
import type { PodUsage, Snapshot } from '../snapshot/snapshot.ts';
import { costOf } from './cost.ts';
import { machineFor, machines } from './machines.ts';

const mebibyte = 2 ** 20;

const component = (name: string) =>
  smallComponent(name, {
    replicas: 2,
    resources: { cpu: '100m', memory: '128Mi', memoryLimit: '256Mi' },
  });

const pod = (name: string, part: string): AnyObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels: { 'ptp.dev/component': part } },
});

const use = (name: string, cpu: number, memory: number, namespace = 'shop'): PodUsage => ({
  namespace,
  pod: name,
  node: 'n',
  cpu,
  memory: memory * mebibyte,
  requested: { cpu: 0.1, memory: 128 * mebibyte },
  volumes: [],
});

/** A system of one component with two copies on a machine of 2 processors and 4 GiB, beside one pod of the cluster's. */
function system(
  usage: readonly PodUsage[],
  provider = 'local',
  observed: readonly ObservedUse[] = [],
): Snapshot {
  return {
    taken: '2026-11-26T12:00:00.000Z',
    project: {
      name: 'shop',
      components: [component('web')],
      services: [],
      target: { name: 'local', namespace: 'shop' },
    },
    cluster: { provider },
    nodes: [{ metadata: { name: 'n' }, status: { capacity: { cpu: '2', memory: '4Gi' } } }],
    objects: [pod('web-1', 'web'), pod('web-2', 'web')],
    usage,
    observed,
    unread: [],
  } as unknown as Snapshot;
}
const measured = [use('web-1', 0.02, 40), use('web-2', 0.4, 200), use('dns', 0.01, 20, 'kube-system')];

test('each part takes what it asks for or what it uses, whichever is more', () => {
  const { rows } = costOf(system(measured));
  const web = rows.find(({ name }) => name === 'web');
  expect(web).toMatchObject({
    copies: 2,
    requested: { cpu: 0.2, memory: 256 * mebibyte },
    used: { cpu: expect.closeTo(0.42), memory: 240 * mebibyte },
  });
  const free = rows.find(({ kind }) => kind === 'free');
  expect(free?.requested.cpu).toBeCloseTo(2 - 0.42 - 0.1);
  expect(free?.requested.memory).toBe((4096 - 256 - 128) * mebibyte);
});

test('the parts and what is free cost together what the machine of that size does', () => {
  const { rows, month, currency, priced, basis } = costOf(system(measured));
  expect(month).toBe(machineFor(2, 4)?.month);
  expect(rows.reduce((sum, row) => sum + (row.month ?? 0), 0)).toBeCloseTo(month ?? 0);
  expect([currency, priced]).toEqual([machines.currency, machines.date]);
  expect(basis).toContain('t3.medium');
  expect(basis).toContain('not looked up');
});

test('what nothing uses is idle, and nobody says so where nodes do not tell', () => {
  const { idle } = costOf(system(measured));
  const value = (cpu: number, gib: number) => cpu * 7.5 + gib;
  expect(idle).toBeCloseTo(1 - value(0.43, 260 / 1024) / value(2, 4));
  const silent = costOf(system([]));
  expect(silent.idle).toBeUndefined();
  expect(silent.notes[0]).toContain('do not tell');
});

test('requests are made as small as the largest copy with its margin, never larger', () => {
  const quiet = [use('web-1', 0.004, 30), use('web-2', 0.021, 41)];
  const saving = costOf(system(quiet)).savings.find(({ name }) => name === 'right-size web');
  // Twice 21m in steps of 5m; one and a half times 41 MiB in steps of 16.
  expect(saving?.plan).toBe('components.web.resources: { cpu: 45m, memory: 64Mi }');
  expect(saving?.frees?.cpu).toBeCloseTo(0.11);
  expect(saving?.frees?.memory).toBe(128 * mebibyte);
  const busy = [use('web-1', 0.09, 120), use('web-2', 0.4, 200)];
  expect(costOf(system(busy)).savings.map(({ name }) => name)).not.toContain('right-size web');
});

test('what was watched for a week goes before what is seen now: percentiles with a margin, in words and as edits', () => {
  const quiet = [use('web-1', 0.0001, 30), use('web-2', 0.0001, 30)];
  const watched: ObservedUse = {
    part: 'web',
    cpu95: 0.031,
    cpuMost: 0.9,
    memory99: 60 * mebibyte,
    memoryMost: 70 * mebibyte,
    seconds: 7 * 86_400,
  };
  const sized = (seen: ObservedUse) =>
    costOf(system(quiet, 'local', [seen])).savings.find(({ name }) => name === 'right-size web');
  // One and a half times 31m in steps of 5m; one and a quarter of 60 MiB in steps of 16.
  expect(sized(watched)).toMatchObject({
    plan: 'components.web.resources: { cpu: 50m, memory: 80Mi }',
    edits: [
      { path: ['components', 'web', 'resources', 'cpu'], value: '50m' },
      { path: ['components', 'web', 'resources', 'memory'], value: '80Mi' },
    ],
    what: 'In 7 days no copy of web used more than 31m (95 of 100 moments) and 60 MiB (99 of 100), and it asks for 100m and 128Mi.',
    risk: expect.stringContaining('The most was 900m and 70 MiB.'),
  });
  expect(sized({ ...watched, seconds: 3600 })?.risk).toContain('watched for 60 minutes alone');
  expect(sized({ ...watched, cpu95: 0.2, memory99: 127 * mebibyte })).toBeUndefined();
  expect(costOf(system(quiet, 'local', [{ ...watched, cpu95: 0.2 }])).notes[0]).toContain(
    'A copy of web uses 200m and 60 MiB and asks for 100m',
  );
});

test('a limit that follows from what is asked for stays when less is asked for', () => {
  const large = system([use('web-1', 0.0001, 100), use('web-2', 0.0001, 100)]);
  const resources = { cpu: '100m', memory: '1Gi', memoryLimit: '1Gi' };
  const project = { ...large.project, components: [{ ...component('web'), resources }] };
  expect(costOf({ ...large, project }).savings.find(({ name }) => name === 'right-size web')?.plan).toBe(
    'components.web.resources: { cpu: 25m, memory: 160Mi, memoryLimit: 1Gi }',
  );
});

test('where copies come by a share of what is asked for, that stays above what copies use', () => {
  const scaled = system([use('web-1', 0.02, 30), use('web-2', 0.02, 30)]);
  const scale = { max: 4, cpu: { percent: 40 }, up: 60, down: 300 };
  const project = { ...scaled.project, components: [{ ...component('web'), scale }] };
  // 20m are 40 % of 50m; with a tenth more.
  expect(costOf({ ...scaled, project }).savings.find(({ name }) => name === 'right-size web')?.plan).toBe(
    'components.web.resources: { cpu: 55m, memory: 48Mi }',
  );
});

test('one copy when it is quiet is a change of ptp.yaml, with its risk', () => {
  const saving = costOf(system(measured)).savings.find(
    ({ name }) => name === 'fewer copies when it is quiet',
  );
  expect(saving).toMatchObject({
    plan: 'components.web: { replicas: 1, scale: { max: 4 } }',
    command: 'ptp cost --apply fewer-copies-when-it-is-quiet',
    edits: [
      { path: ['components', 'web', 'replicas'], value: 1 },
      { path: ['components', 'web', 'scale'], value: { max: 4 } },
    ],
    frees: { cpu: expect.closeTo((0.2 / 2) * (10 / 24)) },
    risk: expect.stringContaining('fail requests'),
  });
});

test('a cluster of others has shares and no prices', () => {
  const report = costOf(system(measured, 'kubeconfig'));
  expect(report.month).toBeUndefined();
  expect(report.rows.every(({ month }) => month === undefined)).toBe(true);
  expect(report.savings.length).toBeGreaterThan(0);
  expect(report.savings.every(({ month }) => month === undefined)).toBe(true);
});

test('a target in a public cloud has its list prices, item by item, and no machine to compare with', () => {
  const bill = {
    cloud: 'Amazon EKS',
    region: 'eu-west-1',
    howToEnter: '',
    resources: [
      { kind: 'EKS cluster', name: 'shop', change: 'keep', there: true, goes: true, fields: [], monthly: 73 },
      { kind: 'VPC', name: 'shop', change: 'keep', there: true, goes: true, fields: [] },
    ],
    indirect: [{ text: 'a load balancer', monthly: 20 }],
    monthly: 93,
    currency: 'USD',
    date: '2026-11',
    choices: ['No NAT would save 35 USD.'],
    obstacles: [],
  } as const;
  const report = costOf(system(measured, 'eks'), bill);
  expect(report).toMatchObject({ month: 93, currency: 'USD', priced: '2026-11' });
  expect(report.rows.filter(({ kind }) => kind === 'bill').map(({ name, month }) => [name, month])).toEqual([
    ['EKS cluster shop', 73],
    ['a load balancer', 20],
  ]);
  expect(report.notes).toContain('No NAT would save 35 USD.');
});
