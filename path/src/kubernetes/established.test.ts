import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect, type KubernetesClient } from './client.ts';
import { untilEstablished } from './established.ts';
import { type FakeApi, startFakeApi } from './testing/fake-api.ts';

const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.example.com';
const definition = (established?: 'True' | 'False') => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.example.com' },
  ...(established === undefined
    ? {}
    : { status: { conditions: [{ type: 'Established', status: established }] } }),
});

let api: FakeApi;
let client: KubernetesClient;
beforeEach(async () => {
  api = await startFakeApi({ [path]: definition() });
  client = await connect(api.kubeconfig);
});
afterEach(async () => {
  await client.close();
  await api.close();
});

/** Until the server was asked that often. */
async function asked(times: number): Promise<void> {
  while (api.requests.length < times) await new Promise(setImmediate);
}

test('a kind is waited for until the server serves it', async () => {
  let done = false;
  const waiting = untilEstablished(client, [definition()], AbortSignal.timeout(10_000)).then(() => {
    done = true;
  });
  await asked(2);
  api.documents.set(path, definition('False'));
  await asked(4);
  expect(done).toBe(false);
  api.documents.set(path, definition('True'));
  await waiting;
});

test('the wait ends with its signal', async () => {
  const stop = new AbortController();
  const waiting = untilEstablished(client, [definition()], stop.signal);
  const failed = expect(waiting).rejects.toThrow('enough');
  await asked(1);
  stop.abort(new Error('enough'));
  await failed;
});
