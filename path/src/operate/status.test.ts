import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ClusterState } from '../cluster/provider.ts';
import { type FakeApi, startFakeApi } from '../kubernetes/testing/fake-api.ts';
import { drills } from '../maintain/table.ts';
import { systemStatus } from './status.ts';
import { createWorld, database, labelsOf, shop, type World } from './testing/world.ts';

let world: World;
let api: FakeApi;
const digest = `sha256:${'ab'.repeat(32)}`;

const workload = (name: string, replicas: number, ready: number) => ({
  metadata: { name, namespace: 'shop', generation: 1, labels: labelsOf('shop') },
  spec: {
    replicas,
    selector: { matchLabels: { 'app.kubernetes.io/name': name } },
    template: { spec: { containers: [{ name, image: `r/shop/${name}@${digest}` }] } },
  },
  status: {
    observedGeneration: 1,
    replicas,
    updatedReplicas: replicas,
    readyReplicas: ready,
    availableReplicas: ready,
    currentRevision: '1',
    updateRevision: '1',
  },
});
const pod = (name: string, part: Readonly<Record<string, string>>, startedAt: string, restartCount = 0) => ({
  // As controllers make them: without the label of whoever manages the workload.
  metadata: { name, namespace: 'shop', labels: { 'ptp.dev/project': 'shop', ...part } },
  status: {
    phase: 'Running',
    containerStatuses: [{ name: 'c', ready: true, restartCount, state: { running: { startedAt } } }],
  },
});
const node = (status: string, message = '') => ({
  metadata: { name: 'a' },
  status: { conditions: [{ type: 'Ready', status, message }] },
});

beforeEach(async () => {
  world = await createWorld();
  const pods = '/api/v1/namespaces/shop/pods';
  const migration = pod('web-migrate', { 'ptp.dev/component': 'web' }, '2020-01-01T00:00:00Z', 7);
  api = await startFakeApi({
    '/api/v1/nodes/a': node('True'),
    '/apis/apps/v1/namespaces/shop/deployments/web': workload('web', 2, 2),
    '/apis/apps/v1/namespaces/shop/statefulsets/database': workload('database', 1, 1),
    [`${pods}/web-1`]: pod('web-1', { 'ptp.dev/component': 'web' }, '2026-01-01T00:00:02Z', 1),
    [`${pods}/web-2`]: pod('web-2', { 'ptp.dev/component': 'web' }, '2026-01-01T00:00:01Z', 2),
    [`${pods}/web-migrate`]: {
      ...migration,
      metadata: { ...migration.metadata, ownerReferences: [{ kind: 'Job', name: 'm', uid: 'u' }] },
    },
    [`${pods}/database-0`]: pod('database-0', { 'ptp.dev/service': 'database' }, '2026-01-01T00:00:00Z'),
  });
});
afterEach(async () => {
  await api.close();
  await world.remove();
});

const running = (provider = 'kubeconfig'): ClusterState => ({
  state: 'running',
  cluster: {
    name: 'c',
    provider,
    version: 'v1.37.2',
    kubeconfig: api.kubeconfig,
    registry: { url: 'http://r', name: 'r', prefix: 'p' },
    gatewayClass: 'g',
  },
});
const status = (state: ClusterState, cluster: 'local' | 'kubeconfig' = 'kubeconfig') =>
  systemStatus(world.context, shop([database], cluster), state);

test('a system that is well', async () => {
  expect(await status(running())).toEqual({
    cluster: { name: 'there', state: 'running', version: 'v1.37.2' },
    url: 'https://shop.example.com',
    components: [
      { name: 'web', ready: 2, wanted: 2, restarts: 3, digest, since: new Date('2026-01-01T00:00:01Z') },
    ],
    services: [
      { name: 'database', ready: 1, wanted: 1, restarts: 0, digest, since: new Date('2026-01-01T00:00:00Z') },
    ],
    certificates: [],
    drills: drills.map(({ name }) => ({ drill: name })),
    problems: [],
  });
});

test('what is not deployed has no address, and `ptp up` is the way to it', async () => {
  for (const path of ['deployments/web', 'statefulsets/database'])
    api.documents.delete(`/apis/apps/v1/namespaces/shop/${path}`);
  const { url, problems } = await status(running());
  expect(url).toBeUndefined();
  expect(problems).toEqual([
    { what: 'web is not deployed', next: 'Run `ptp up`.' },
    { what: 'database is not deployed', next: 'Run `ptp up`.' },
  ]);
});

test('copies that are missing are a problem of their workload', async () => {
  api.documents.set('/apis/apps/v1/namespaces/shop/deployments/web', workload('web', 2, 1));
  const { components, problems } = await status(running());
  expect(components).toMatchObject([{ ready: 1, wanted: 2 }]);
  expect(problems).toMatchObject([
    { what: '1 of 2 pods are ready', where: { object: 'shop/deployment/web' } },
  ]);
});

test('a node that does not answer is a problem though its pods were ready when it was last heard of', async () => {
  api.documents.set('/api/v1/nodes/a', node('Unknown', 'Kubelet stopped posting node status.'));
  const what = 'the node a is not ready: Kubelet stopped posting node status.';
  expect((await status(running())).problems).toEqual([{ what, next: 'Ask whoever runs the cluster.' }]);
  expect((await status(running('local'), 'local')).problems).toMatchObject([
    { what, next: expect.stringContaining('ptp up') },
  ]);
  api.documents.set('/api/v1/nodes', 403);
  expect((await status(running())).problems).toEqual([]);
});

test('a part of a cluster of our own that does not work is a problem', async () => {
  const door = { ...workload('traefik', 1, 0) };
  const metadata = { ...door.metadata, namespace: 'ptp-system', labels: labelsOf('ptp-system') };
  api.documents.set('/apis/apps/v1/deployments/traefik', { ...door, metadata });
  expect((await status(running('local'), 'local')).problems).toMatchObject([
    { what: expect.stringContaining('0 of 1 pods'), where: { object: 'ptp-system/deployment/traefik' } },
  ]);
  expect((await status(running())).problems).toEqual([]);
  const off = workload('traefik', 0, 0);
  api.documents.set('/apis/apps/v1/deployments/traefik', { ...off, metadata });
  expect((await status(running('local'), 'local')).problems).toMatchObject([
    { what: expect.stringContaining('it is to have no copies') },
  ]);
});

test.each(['stopped', 'absent'] as const)(
  'a cluster that is %s is a state and asks nothing',
  async (state) => {
    expect(await status({ state }, 'local')).toEqual({
      cluster: { name: 'shop', state },
      components: [],
      services: [],
      problems: [],
    });
  },
);

test('a cluster that does not answer says what to do: one of ours is mended, another one is looked at', async () => {
  const state = { state: 'unreachable', why: 'no answer' } as const;
  const next = async (cluster: 'local' | 'kubeconfig', more = {}) =>
    (await status({ ...state, ...more }, cluster)).problems[0]?.next;
  expect(await next('local')).toContain('ptp up');
  expect(await next('kubeconfig')).not.toContain('ptp up');
  expect(await next('kubeconfig', { next: 'Log in again.' })).toBe('Log in again.');
});
