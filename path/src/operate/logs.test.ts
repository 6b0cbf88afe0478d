import { afterEach, beforeEach, expect, test } from 'vitest';
import { StepFailed, UserMistake } from '../core/failure.ts';
import { connect, type KubernetesClient } from '../kubernetes/client.ts';
import { type FakeApi, startFakeApi } from '../kubernetes/testing/fake-api.ts';
import { followLogs } from './logs.ts';
import { createWorld, database, shop, type World } from './testing/world.ts';

let world: World;
let api: FakeApi;
let client: KubernetesClient;
const pods = '/api/v1/namespaces/shop/pods';
const pod = (name: string, labels: Readonly<Record<string, string>>, state: object = { running: {} }) => ({
  metadata: { name, uid: name, namespace: 'shop', labels: { 'ptp.dev/project': 'shop', ...labels } },
  status: { containerStatuses: [{ name: 'c', restartCount: 0, state }] },
});

beforeEach(async () => {
  world = await createWorld();
  api = await startFakeApi({
    [`${pods}/web-1`]: pod('web-1', { 'ptp.dev/component': 'web' }),
    [`${pods}/web-1/log`]: '2026-01-01T00:00:00Z hello\n2026-01-01T00:00:01Z wor ld\n',
    [`${pods}/web-2`]: pod('web-2', { 'ptp.dev/component': 'web' }, { waiting: {} }),
    [`${pods}/database-0`]: pod('database-0', { 'ptp.dev/service': 'database' }),
    [`${pods}/database-0/log`]: '2026-01-01T00:00:00Z ready\n',
  });
  client = await connect(api.kubeconfig);
});
afterEach(async () => {
  await client.close();
  await api.close();
  await world.remove();
});

async function read(more: { readonly part?: string } = {}): Promise<readonly string[]> {
  const lines: string[] = [];
  const options = { follow: false, lines: 10, previous: false, ...more };
  await followLogs(world.context, client, shop([database]), options, ({ part, pod: from, text }) =>
    lines.push(`${part} ${from} ${text}`),
  );
  return lines.sort();
}

test('all parts, or the one that is named; a container that has not started has no log', async () => {
  expect(await read()).toEqual(['database database-0 ready', 'web web-1 hello', 'web web-1 wor ld']);
  expect(await read({ part: 'database' })).toEqual(['database database-0 ready']);
});

test('a part that is none is a mistake; a system that is not there is told, for silence would say it is quiet', async () => {
  await expect(read({ part: 'wep' })).rejects.toThrow(UserMistake);
  for (const name of ['web-1', 'web-2', 'database-0']) api.documents.delete(`${pods}/${name}`);
  await expect(read()).rejects.toThrow(StepFailed);
});
