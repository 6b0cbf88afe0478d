import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect, type KubernetesClient } from '../kubernetes/client.ts';
import { type FakeApi, startFakeApi } from '../kubernetes/testing/fake-api.ts';
import { whyOver } from './over.ts';

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

const { signal } = new AbortController();
const why = (alert: string, labels: Readonly<Record<string, string>>) =>
  whyOver(client, { alert, labels, namespace: 'hello' }, signal);
const node = (status: string) => ({
  metadata: { name: 'node2' },
  status: { conditions: [{ type: 'Ready', status }] },
});
const copies = (name: string, readyReplicas?: number) => ({
  metadata: { name, namespace: 'hello' },
  spec: { replicas: 2 },
  status: readyReplicas === undefined ? {} : { readyReplicas },
});

test('a node that is ready again, or that was taken away, is over; one that still is not ready is not', async () => {
  const path = '/api/v1/nodes/node2';
  api.documents.set(path, node('Unknown'));
  expect(await why('NodeNotReady', { node: 'node2' })).toBeUndefined();
  api.documents.set(path, node('True'));
  expect(await why('NodeNotReady', { node: 'node2' })).toBe('node2 is ready');
  api.documents.delete(path);
  expect(await why('NodeNotReady', { node: 'node2' })).toBe('node2 is no node of the cluster any more');
});

test('one copy that is ready ends that none is, and all of them that some are missing', async () => {
  const path = '/apis/apps/v1/namespaces/hello/deployments/backend';
  const both = () =>
    Promise.all(['ComponentDown', 'ComponentDegraded'].map((alert) => why(alert, { component: 'backend' })));
  api.documents.set(path, copies('backend'));
  expect(await both()).toEqual([undefined, undefined]);
  api.documents.set(path, copies('backend', 1));
  expect(await both()).toEqual(['1 of 2 copies of backend are ready', undefined]);
  api.documents.set(path, copies('backend', 2));
  expect(await both()).toEqual(Array.from({ length: 2 }, () => '2 of 2 copies of backend are ready'));
  api.documents.set('/apis/apps/v1/namespaces/hello/statefulsets/database', copies('database', 1));
  expect(await why('DatabaseDown', { service: 'database' })).toBe('1 of 2 copies of database are ready');
});

test('a pod that ends again and again is over when it is gone, and not while it runs for a moment', async () => {
  const path = '/api/v1/namespaces/hello/pods/backend-1';
  api.documents.set(path, {
    metadata: { name: 'backend-1', namespace: 'hello' },
    status: { phase: 'Running' },
  });
  expect(await why('ComponentCrashLooping', { pod: 'backend-1' })).toBeUndefined();
  api.documents.delete(path);
  expect(await why('ComponentCrashLooping', { pod: 'backend-1' })).toBe('backend-1 is gone');
});

test('a slow database is not over because a backend is ready, and nobody knows what may not be seen', async () => {
  api.documents.set('/apis/apps/v1/namespaces/hello/deployments/backend', copies('backend', 2));
  expect(await why('DatabaseSlow', { component: 'backend' })).toBeUndefined();
  api.documents.set('/api/v1/nodes/node2', 403);
  expect(await why('NodeNotReady', { node: 'node2' })).toBeUndefined();
});
