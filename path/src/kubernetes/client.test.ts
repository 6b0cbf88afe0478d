import { createServer } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Event } from '../core/event.ts';
import { StepFailed } from '../core/failure.ts';
import { connect, type KubernetesClient } from './client.ts';
import { type FakeApi, startFakeApi } from './testing/fake-api.ts';

let api: FakeApi;
let client: KubernetesClient;
let notes: string[];
/** Called with each note, before anybody else hears of it. */
let onNote: () => void;

beforeEach(async () => {
  notes = [];
  onNote = () => {};
  api = await startFakeApi({ '/version': { gitVersion: 'v1' } });
  client = await connect(api.kubeconfig, undefined, (event: Event) => {
    if (event.kind !== 'note') return;
    notes.push(event.text);
    onNote();
  });
});
afterEach(() => client.close());

/** Another server in the place of the first. */
function again() {
  const server = createServer((_, response) => response.end('{"gitVersion":"v2"}'));
  server.listen(Number(new URL(api.url).port), '127.0.0.1');
  return server;
}

test('a server that has answered and goes away is told of once, waited for, and told of when it is back', async () => {
  await client.get('/version');
  await api.close();
  let server: ReturnType<typeof again> | undefined;
  onNote = () => {
    server ??= again();
  };
  const answers = await Promise.all([
    client.get('/version'),
    client.send({ method: 'PATCH', path: '/version', body: {} }).then(({ body }) => body),
    // Nobody took it, so it may be sent again.
    client.send({ method: 'POST', path: '/version', body: {} }).then(({ body }) => body),
  ]);
  expect(answers).toEqual([{ gitVersion: 'v2' }, { gitVersion: 'v2' }, { gitVersion: 'v2' }]);
  expect(notes).toEqual([
    `the API server at ${api.url} does not answer: waiting for it, a minute at most`,
    'the API server answers again, after 0 s',
  ]);
  server?.closeAllConnections();
  server?.close();
});

test('a server that never answered is not waited for', async () => {
  await api.close();
  await expect(client.get('/version')).rejects.toThrow(StepFailed);
  expect(notes).toEqual([]);
});

test('a wait for a server that is away ends with the signal', async () => {
  await client.get('/version');
  await api.close();
  const stop = new AbortController();
  onNote = () => stop.abort(new Error('stopped'));
  await expect(client.get('/version', undefined, stop.signal)).rejects.toThrow('stopped');
});
