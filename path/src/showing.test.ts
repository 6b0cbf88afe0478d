import { expect, test } from 'vitest';
import { costOf } from './cost/cost.ts';
import type { AnyObject, Pod } from './kubernetes/objects.ts';
import { ofKind } from './snapshot/snapshot.ts';
import { plannedSnapshot } from './surveying.test-support.ts';
import { releaseDiff } from './ui/diff.ts';
import { pageModel } from './ui/page-model.ts';
import { reportHtml } from './ui/report.ts';
import { topologyOf } from './ui/topology.ts';

const snapshot = await plannedSnapshot();
const rest = { problems: [], answers: [], drills: [], decisions: [], cost: costOf(snapshot) };

test('the topology leads from the door inwards, as ptp.yaml says who talks to whom', () => {
  const { topology } = pageModel({ snapshot, ...rest });
  expect(topology.links.map(({ from, to }) => `${from} ${to}`).toSorted()).toEqual([
    'backend database',
    'gateway backend',
    'gateway frontend',
    'users gateway',
  ]);
  const gateway = topology.parts.find(({ name }) => name === 'gateway');
  expect(gateway).toMatchObject({ ready: 2, wanted: 2, restarts: 0, requests: { total: 100, failed: 0 } });
  expect(gateway?.pods).toMatchObject([{ state: 'ready', digest: gateway?.digest }]);
});

test('a pod is starting, not ready, failing or leaving, and one of the version before is told by its digest', () => {
  const [pod] = ofKind<Pod>(snapshot, 'Pod').filter(({ metadata }) => metadata.name.startsWith('gateway'));
  if (pod === undefined) throw new Error('there is no pod');
  const old = `sha256:${'f'.repeat(64)}`;
  const withStatus = (name: string, status: object, metadata: object = {}) =>
    ({
      ...pod,
      metadata: { ...pod.metadata, name, creationTimestamp: `2026-11-26T10:00:0${name}Z`, ...metadata },
      spec: { ...pod.spec, containers: [{ name: 'gateway', image: `r/gateway@${old}` }] },
      status: { phase: 'Running', containerStatuses: [{ restartCount: 0, ...status }] },
    }) as unknown as Pod;
  const topology = topologyOf({
    project: snapshot.project,
    url: snapshot.url,
    workloads: [],
    pods: [
      withStatus('1', { ready: true }),
      withStatus('2', { ready: false, started: true }),
      withStatus('3', { ready: false, started: false }),
      withStatus('4', { ready: false, state: { waiting: { reason: 'CrashLoopBackOff' } } }),
      withStatus('5', { ready: true }, { deletionTimestamp: '2026-11-26T10:00:00Z' }),
    ],
    requests: [],
    usage: [],
  });
  const pods = topology.parts.find(({ name }) => name === 'gateway')?.pods ?? [];
  expect(pods.map(({ state }) => state)).toEqual(['ready', 'not-ready', 'starting', 'failed', 'leaving']);
  expect(new Set(pods.map(({ digest }) => digest))).toEqual(new Set([old]));
});

test('what would change between two releases is told field by field, what comes and goes as a whole', () => {
  const [one] = snapshot.releases;
  if (one === undefined) throw new Error('there is no release');
  const { workloads } = one.manifests;
  const changed = workloads.flatMap((object) => {
    if (object.kind === 'PodDisruptionBudget' && object.metadata.name === 'gateway') return [];
    return object.kind === 'Deployment' && object.metadata.name === 'backend'
      ? [{ ...object, spec: { ...(object as AnyObject).spec, replicas: 5 } }]
      : [object];
  });
  const other = { ...one, number: 2, manifests: { ...one.manifests, workloads: changed } };
  expect(releaseDiff(one, other)).toEqual({
    from: 1,
    to: 2,
    changes: [
      { object: 'hello/poddisruptionbudget/gateway', change: 'deleted', fields: [] },
      {
        object: 'hello/deployment/backend',
        change: 'configured',
        fields: [{ path: '.spec.replicas', before: 2, after: 5 }],
      },
    ],
  });
  expect(releaseDiff(one, one).changes).toEqual([]);
});

test('the report’s frame loads and runs nothing, whatever a system is called', async () => {
  const model = pageModel({ snapshot, ...rest });
  const hostile = { ...model, system: { ...model.system, name: '</title><script>alert(1)</script>' } };
  const bundle = {
    client: '/nowhere',
    render: () => '<main></main>',
    styles: async () => 'p{content:"</style><script>"}',
  };
  const html = await reportHtml(bundle, hostile);
  expect(html).not.toContain('</title><script');
  expect(html.match(/<\/style>/g)).toHaveLength(1);
  expect(html).toContain("default-src 'none'");
});
