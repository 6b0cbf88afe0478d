import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Event } from '../core/event.ts';
import { Secret } from '../core/secret.ts';
import type { Context } from '../effects/context.ts';
import { nodeClock } from '../effects/node/clock.ts';
import { nodeProcesses } from '../effects/node/processes.ts';
import { connect, type KubernetesClient } from '../kubernetes/client.ts';
import { type FakeApi, startFakeApi } from '../kubernetes/testing/fake-api.ts';
import { installParts } from './parts.ts';
import type { Groundwork, Part } from './provider.ts';

let api: FakeApi;
let client: KubernetesClient;
let events: Event[];
let done: string[];
beforeEach(async () => {
  api = await startFakeApi();
  client = await connect(api.kubeconfig);
  events = [];
  done = [];
});
afterEach(async () => {
  await client.close();
  await api.close();
});

function part(name: string, atHand?: boolean): Part {
  return {
    name,
    ...(atHand === undefined ? {} : { atHand: async () => atHand }),
    images: async () => [],
    install: async (_client, _images, { pullSecret }) => {
      done.push(`${name} with ${pullSecret?.reveal() ?? 'nothing'}`);
    },
    ready: async () => {},
  };
}

function install(parts: readonly Part[]) {
  const context: Context = {
    emit: (event) => events.push(event),
    clock: nodeClock,
    processes: nodeProcesses,
    cache: '',
    signal: new AbortController().signal,
  };
  const registry = { url: 'registry.test', name: 'registry.test', prefix: 'shop' };
  const ground = {
    registry,
    parts,
    foundation: [],
    partImages: { prefix: 'ptp', tag: '1' },
  } as unknown as Groundwork;
  const cluster = { pullSecret: new Secret('login') };
  return installParts(context, Promise.resolve(ground), Promise.resolve({ client, cluster }), {
    publish: async () => [],
    again: async () => [],
  });
}

test('a part that no user waits for holds nothing up, and comes when the rest is asked for', async () => {
  const parts = install([part('prometheus', false)]);
  await Promise.all([parts.sandbox, parts.foundation, parts.all]);
  expect(done).toEqual([]);
  await parts.rest();
  expect(done).toEqual(['prometheus with login']);
});

test('the first part that users wait for comes before every other one', async () => {
  const parts = install([part('prometheus', true), part('pause'), part('traefik')]);
  await parts.all;
  expect(done.filter((one) => !one.startsWith('prometheus'))).toEqual([
    'pause with login',
    'traefik with login',
  ]);
  await parts.rest();
  expect(done[0]).toBe('pause with login');
  expect(done).toHaveLength(3);
});
