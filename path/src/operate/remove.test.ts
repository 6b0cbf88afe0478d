import { afterEach, beforeEach, expect, test } from 'vitest';
import { StepFailed } from '../core/failure.ts';
import { connect, type KubernetesClient } from '../kubernetes/client.ts';
import { type FakeApi, startFakeApi } from '../kubernetes/testing/fake-api.ts';
import { removeSystem } from './remove.ts';
import { storedData } from './stored-data.ts';
import { createWorld, database, labelsOf, shop, type World } from './testing/world.ts';

let world: World;
let api: FakeApi;
let client: KubernetesClient;

const own = (name: string, more = {}) => ({
  metadata: { name, namespace: 'shop', labels: labelsOf('shop', more) },
});
const foreign = (name: string) => ({ metadata: { name, namespace: 'shop', labels: {} } });
const namespace = '/api/v1/namespaces/shop';
const policies = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
const bindings = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings';
const claim = {
  metadata: { name: 'data-database-0', namespace: 'shop', labels: { 'ptp.dev/service': 'database' } },
  spec: { resources: { requests: { storage: '1Gi' } } },
  status: { capacity: { storage: '2Gi' } },
};

beforeEach(async () => {
  world = await createWorld();
  api = await startFakeApi({
    [namespace]: { metadata: { name: 'shop', labels: labelsOf('shop') } },
    '/apis/apps/v1/namespaces/shop/deployments/web': own('web'),
    '/apis/apps/v1/namespaces/shop/deployments/theirs': foreign('theirs'),
    '/apis/apps/v1/namespaces/shop/deployments/other': {
      metadata: { name: 'other', namespace: 'shop', labels: labelsOf('shop-2') },
    },
    '/apis/apps/v1/namespaces/shop/statefulsets/database': own('database'),
    '/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/web': own('web'),
    [`${policies}/shop.images.ptp.dev`]: {
      metadata: { name: 'shop.images.ptp.dev', labels: labelsOf('shop') },
    },
    [`${bindings}/shop.images.ptp.dev`]: {
      metadata: { name: 'shop.images.ptp.dev', labels: labelsOf('shop') },
    },
    [`${policies}/other.images.ptp.dev`]: {
      metadata: { name: 'other.images.ptp.dev', labels: labelsOf('shop') },
    },
    [`${namespace}/secrets/registry-pull`]: own('registry-pull'),
    [`${namespace}/secrets/database-binding`]: own('database-binding'),
    [`${namespace}/persistentvolumeclaims/data-database-0`]: claim,
  });
  client = await connect(api.kubeconfig);
});
afterEach(async () => {
  await client.close();
  await api.close();
  await world.remove();
});

const remove = (data: boolean) => removeSystem(world.context, client, shop([database]), { data });
const left = () => [...api.documents.keys()].sort();

test('down takes away what the project applied; data, secrets and what others put beside it stay', async () => {
  expect(await remove(false)).toEqual({
    removed: ['shop from the namespace shop (6 objects)'],
    kept: ['the data of database'],
  });
  expect(left()).toEqual([
    namespace,
    `${namespace}/persistentvolumeclaims/data-database-0`,
    `${namespace}/secrets/database-binding`,
    // Of the same project in another namespace.
    `${policies}/other.images.ptp.dev`,
    '/apis/apps/v1/namespaces/shop/deployments/other',
    '/apis/apps/v1/namespaces/shop/deployments/theirs',
  ]);
  expect(await remove(false)).toEqual({ removed: [], kept: ['the data of database'] });
});

test('down --data takes the namespace, and is done only when it is gone', async () => {
  expect(await remove(true)).toEqual({ removed: ['the namespace shop with all its data'], kept: [] });
  expect(api.documents.has(namespace)).toBe(false);
  expect(await remove(true)).toEqual({ removed: [], kept: [] });
});

test('the policy goes although somebody has taken the namespace; what these credentials may not see is let be', async () => {
  api.documents.delete(namespace);
  expect(await remove(false)).toEqual({
    removed: ['the policy for images in the namespace shop'],
    kept: [],
  });
  expect(left().filter((path) => path.endsWith('/shop.images.ptp.dev'))).toEqual([]);
  api.documents.set(`${policies}/shop.images.ptp.dev`, 403);
  api.documents.set(`${bindings}/shop.images.ptp.dev`, 403);
  expect(await remove(false)).toEqual({ removed: [], kept: [] });
});

test.each([
  ['nobody’s', {}],
  ['another project’s', labelsOf('other')],
])('a namespace that is %s is left alone', async (_, labels) => {
  api.documents.set(namespace, { metadata: { name: 'shop', labels } });
  for (const of of [policies, bindings]) api.documents.delete(`${of}/shop.images.ptp.dev`);
  const before = left();
  expect(await remove(true)).toEqual({ removed: [], kept: [] });
  expect(await storedData(world.context, client, shop([database]))).toEqual([]);
  expect(left()).toEqual(before);
});

test('a namespace that does not go is told, with what holds it', async () => {
  // It is there again at every look: a finalizer that nobody takes away.
  const message = 'Some content in the namespace has finalizers remaining: example.com/guard';
  const held = {
    metadata: { name: 'shop', labels: labelsOf('shop') },
    status: { conditions: [{ type: 'NamespaceFinalizersRemaining', status: 'True', message }] },
  };
  api.documents.delete = (key: string) => key !== namespace && Map.prototype.delete.call(api.documents, key);
  api.documents.set(namespace, held);
  const failure: unknown = await remove(true).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(StepFailed);
  expect((failure as StepFailed).problems).toMatchObject([
    { what: 'after 180 s there still is the namespace shop', details: [message] },
  ]);
});

test('what would be lost has its size, and what is used of it where the node tells', async () => {
  const stored = () => storedData(world.context, client, shop([database]));
  expect(await stored()).toEqual([{ name: 'database', size: '2Gi' }]);
  api.documents.set(`${namespace}/pods/database-0`, { ...own('database-0'), spec: { nodeName: 'a' } });
  const volume = (name: string) => ({ usedBytes: 12, pvcRef: { name } });
  api.documents.set('/api/v1/nodes/a/proxy/stats/summary', {
    pods: [
      { podRef: { namespace: 'other' }, volume: [{ ...volume('data-database-0'), usedBytes: 99 }] },
      { podRef: { namespace: 'shop' }, volume: [volume('data-database-0')] },
    ],
  });
  expect(await stored()).toEqual([{ name: 'database', size: '2Gi', used: 12 }]);
  api.documents.set('/api/v1/nodes/a/proxy/stats/summary', 403);
  expect(await stored()).toEqual([{ name: 'database', size: '2Gi' }]);
});

test('what watches over it goes too: without data its figures stay, and where alerts go', async () => {
  const beside = '/api/v1/namespaces/shop-monitoring';
  const owned = (name: string) => ({
    metadata: { name, namespace: 'shop-monitoring', labels: labelsOf('shop') },
  });
  api.documents.set(beside, { metadata: { name: 'shop-monitoring', labels: labelsOf('shop') } });
  api.documents.set('/apis/apps/v1/namespaces/shop-monitoring/deployments/monitoring', owned('monitoring'));
  api.documents.set(`${beside}/secrets/project-shop`, owned('project-shop'));
  api.documents.set(`${beside}/persistentvolumeclaims/monitoring`, owned('monitoring'));
  expect(await remove(false)).toEqual({
    removed: [
      'shop from the namespace shop (6 objects)',
      'its monitoring from the namespace shop-monitoring (1 objects)',
    ],
    kept: ['the data of database', 'what its monitoring has measured'],
  });
  expect(left().filter((path) => path.includes('shop-monitoring'))).toEqual([
    beside,
    `${beside}/persistentvolumeclaims/monitoring`,
    `${beside}/secrets/project-shop`,
  ]);
  expect((await remove(true)).removed).toEqual([
    'the namespace shop with all its data',
    'the namespace shop-monitoring with all its data',
  ]);
  expect(api.documents.has(beside)).toBe(false);
});
