import { afterEach, beforeEach, expect, test } from 'vitest';
import { StepFailed } from '../core/failure.ts';
import { nodeClock } from '../effects/node/clock.ts';
import { connect, type KubernetesClient } from './client.ts';
import { drain } from './drain.ts';
import { type FakeApi, startFakeApi } from './testing/fake-api.ts';

let api: FakeApi;
let client: KubernetesClient;
beforeEach(async () => {
  api = await startFakeApi();
  client = await connect(api.kubeconfig);
});
afterEach(async () => {
  await client.close();
  await api.close();
});

const pod = (name: string, more: object = {}, phase = 'Running') => ({
  metadata: { name, namespace: 'shop', uid: `uid-${name}`, ...more },
  status: { phase },
});
/** What is on the node now. */
let pods: ReturnType<typeof pod>[] = [];
function has(...all: ReturnType<typeof pod>[]): void {
  pods = all;
  api.documents.set('/api/v1/pods', { metadata: { resourceVersion: '1' }, items: pods });
}

const empty = (deadline = 60) => {
  const context = { emit: () => {}, clock: nodeClock, signal: AbortSignal.timeout(15_000) };
  return drain(context, client, 'node2', { step: 'cluster', deadline });
};
const evictions = () => api.requests.filter((line) => line.endsWith('/eviction'));

test('every pod is evicted, and no other of its name; it returns when they are gone', async () => {
  has(pod('web'), pod('api'));
  const bodies: unknown[] = [];
  api.post = (path, body) => {
    bodies.push(body);
    has(...pods.filter(({ metadata }) => !path.endsWith(`/${metadata.name}/eviction`)));
    return {};
  };
  await empty();
  expect(evictions().sort()).toEqual([
    'POST /api/v1/namespaces/shop/pods/api/eviction',
    'POST /api/v1/namespaces/shop/pods/web/eviction',
  ]);
  expect(bodies).toContainEqual(
    expect.objectContaining({ deleteOptions: { preconditions: { uid: 'uid-web' } } }),
  );
});

test('pods of the node itself and those that have ended are let be', async () => {
  has(
    pod('agent', { ownerReferences: [{ kind: 'DaemonSet', name: 'agent', uid: '1' }] }),
    pod('static', { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
    pod('migrate', {}, 'Succeeded'),
  );
  await empty();
  expect(evictions()).toEqual([]);
});

test('what a disruption budget forbids is asked for again, and what is going already is not', async () => {
  has(pod('web'), pod('old', { deletionTimestamp: '2026-11-23T12:00:00Z' }));
  let asked = 0;
  api.post = () => {
    if (++asked < 3) return 429;
    has();
    return {};
  };
  await empty();
  expect(evictions().filter((line) => line.includes('/old/'))).toEqual([]);
  expect(asked).toBe(3);
});

test('pods that do not go are told after the deadline, with what keeps them', async () => {
  has(pod('web'));
  api.post = () => 429;
  const error: unknown = await empty(0.1).catch((thrown: unknown) => thrown);
  if (!(error instanceof StepFailed)) throw error;
  expect(error.problems[0]?.what).toContain('node2 is not empty');
  expect(error.problems[0]?.details).toEqual(['shop/pod/web: status 429']);
});
