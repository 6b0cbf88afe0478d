import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Event } from '../core/event.ts';
import { connect, type KubernetesClient } from '../kubernetes/client.ts';
import { type FakeApi, startFakeApi } from '../kubernetes/testing/fake-api.ts';
import { untilWayIn } from './way-in.ts';

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

const path = '/apis/gateway.networking.k8s.io/v1/namespaces/shop/gateways/public';
const gateway = (...addresses: readonly string[]) =>
  api.documents.set(path, {
    metadata: { name: 'public', namespace: 'shop' },
    status: { addresses: addresses.map((value) => ({ value })) },
  });

/** Waits on a clock of its own, on which something happens at a second. */
async function wait(
  cluster: Parameters<typeof untilWayIn>[1]['cluster'],
  { url = 'https://shop.invalid', at = 0, happens = () => {} } = {},
) {
  const events: Event[] = [];
  let now = 0;
  const way = await untilWayIn(
    {
      emit: (event) => events.push(event),
      signal: new AbortController().signal,
      clock: {
        monotonic: () => now * 1000,
        now: () => new Date(0),
        async sleep(milliseconds: number) {
          now += milliseconds / 1000;
          if (now >= at) happens();
        },
      },
    },
    { client, cluster, namespace: 'shop', url },
  );
  return { way, events, seconds: now };
}
const point = async () => {};

test('the address of a load balancer is waited for, and told of, when it comes', async () => {
  gateway();
  const { way, events, seconds } = await wait({ point }, { at: 90, happens: () => gateway('198.51.100.7') });
  expect(way).toEqual({ gateway: '198.51.100.7' });
  expect(seconds).toBe(90);
  expect(events).toMatchObject([
    { kind: 'progress', text: 'the load balancer is being made', remaining: 120 },
    { kind: 'task-done', text: 'shop/gateway/public is at 198.51.100.7', seconds: 90 },
  ]);
});

test('who has a way in already waits for nothing', async () => {
  gateway('lb.example');
  expect(await wait({ point })).toEqual({ way: { gateway: 'lb.example' }, events: [], seconds: 0 });
  const entry = { address: '127.0.0.1', http: 80, https: 443 };
  expect(await wait({ entry })).toEqual({ way: { entry }, events: [], seconds: 0 });
  gateway();
  // Somebody leads users there without the gateway.
  expect(await wait({}, { url: 'https://localhost' })).toEqual({ way: {}, events: [], seconds: 0 });
});

test('none that ever comes is told of, with what to look at', async () => {
  gateway();
  await expect(wait({ point })).rejects.toMatchObject({
    problems: [
      {
        what: 'after 600 s the gateway has no address',
        where: { object: 'shop/gateway/public' },
        next: expect.stringContaining('external address'),
      },
    ],
  });
});
