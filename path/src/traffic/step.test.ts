import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Event } from '../core/event.ts';
import type { Cluster, Digest, Route } from '../core/handover.ts';
import { Secret } from '../core/secret.ts';
import type { Context } from '../effects/context.ts';
import { nodeClock } from '../effects/node/clock.ts';
import { nodeProcesses } from '../effects/node/processes.ts';
import { connect, type KubernetesClient } from '../kubernetes/client.ts';
import { list } from '../kubernetes/list.ts';
import { kubeconfigFor } from '../kubernetes/testing/fake-api.ts';
import type { Project } from '../project/project.ts';
import { smallComponent } from '../project/testing/small-component.ts';
import { smallProject } from '../project/testing/small-project.ts';
import { measureRollout, type RolloutTraffic } from './step.ts';

// Some wait for requests, which a machine with other work sends and answers late.
vi.setConfig({ testTimeout: 60_000 });

const digestOf = (letter: string): Digest => `sha256:${letter.repeat(64)}`;

const project = smallProject(
  {
    components: [smallComponent('web', { route: '/', replicas: 2 })],
    rollout: { rate: 100, maxErrors: { share: 0.005 }, deadline: 300, writes: true },
  },
  { namespace: 'shop' },
);

/** A cluster that runs one component, with pods that tests let go, and the component's public door. */
interface World {
  /** Names of the pods that are ending. */
  readonly ending: Set<string>;
  /** How often a watch was begun: what happens before the first is in its list. */
  watches: number;
  /** A pod that was ending has gone. */
  gone(name: string): void;
  /** What the door answers with. */
  status: number;
  asked: number;
  /** How often the cluster was asked what runs. */
  looked: number;
  readonly route: Route;
  readonly client: KubernetesClient;
  readonly events: Event[];
  measure(changes?: Partial<Project>, serves?: boolean): RolloutTraffic;
}

let world: World;
let end: () => Promise<void>;

beforeEach(async () => {
  const watches = new Set<ServerResponse>();
  let version = 1;
  const pod = (name: string) => ({
    metadata: {
      name,
      namespace: 'shop',
      resourceVersion: String(version),
      deletionTimestamp: '2026-01-01T00:00:00Z',
    },
  });
  const api = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://api');
    const list = (items: readonly unknown[]) =>
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ metadata: { resourceVersion: String(version) }, items }));
    if (searchParams.has('watch')) {
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      world.watches += 1;
      return watches.add(response);
    }
    if (pathname.endsWith('/pods')) return list([...world.ending].map(pod));
    world.looked += 1;
    const image = `registry.ptp.internal/shop/web@${digestOf('a')}`;
    return list([
      {
        metadata: { name: 'web', namespace: 'shop' },
        spec: { template: { spec: { containers: [{ name: 'web', image }] } } },
      },
    ]);
  });
  const door = createServer((_, response) => {
    world.asked += 1;
    response.writeHead(world.status).end('x');
  });
  const [apiUrl, url] = [await listening(api), await listening(door)];
  const client = await connect(new Secret(kubeconfigFor(apiUrl)));
  const stop = new AbortController();
  const events: Event[] = [];
  const context: Context = {
    emit: (event) => events.push(event),
    clock: nodeClock,
    processes: nodeProcesses,
    cache: '',
    signal: stop.signal,
  };
  world = {
    ending: new Set(),
    watches: 0,
    gone(name) {
      world.ending.delete(name);
      version += 1;
      for (const watch of watches) watch.write(`${JSON.stringify({ type: 'DELETED', object: pod(name) })}\n`);
    },
    status: 200,
    asked: 0,
    looked: 0,
    route: { url },
    client,
    events,
    measure: (changes = {}, serves = true) =>
      measureRollout(
        context,
        { ...project, ...changes },
        Promise.resolve({
          client,
          cluster: {} as Cluster,
          route: async () => (serves ? world.route : undefined),
        }),
      ),
  };
  end = async () => {
    stop.abort(new Error('the test is over'));
    await client.close();
    for (const server of [api, door]) {
      server.closeAllConnections();
      server.close();
    }
  };
});
afterEach(() => end());

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const image = (digest: Digest) => ({
  name: 'web',
  manifest: { path: '', descriptor: { mediaType: '', digest, size: 1 } },
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

const kinds = () => world.events.map(({ kind }) => kind).filter((kind) => kind !== 'progress');

test('requests begin when another image is to run, and go on until the last old pod has gone', async () => {
  const traffic = world.measure();
  traffic.expect([image(digestOf('b'))]);
  await until(() => world.asked > 30);
  expect(world.events).toEqual([]);
  await traffic.change();
  world.ending.add('web-1').add('web-2');
  const finishing = traffic.finish();
  const told = (text: string) => () =>
    world.events.some((event) => event.kind === 'progress' && event.text === text);
  await until(told('2 still ending'));
  await until(() => world.watches > 0);
  world.gone('web-1');
  await until(told('1 still ending'));
  const before = world.asked;
  await until(() => world.asked > before + 10);
  expect(kinds()).toEqual(['step-started']);
  world.gone('web-2');
  const measured = await finishing;
  expect(measured?.problem).toBeUndefined();
  expect(measured?.result).toMatchObject({ drained: true, failed: 0, rate: 100 });
  expect(measured?.result.quiet.requests).toBeGreaterThan(20);
  expect(kinds()).toEqual(['step-started', 'traffic-measured', 'step-done']);
  expect(await traffic.finish()).toBe(measured);
});

test('where the same images go on running nothing is asked', async () => {
  const traffic = world.measure();
  traffic.expect([image(digestOf('a'))]);
  await until(() => world.looked > 0);
  await list(world.client, { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop' });
  expect(await traffic.finish()).toBeUndefined();
  expect({ asked: world.asked, events: world.events }).toEqual({ asked: 0, events: [] });
});

test('a change that images do not tell of waits until there is something to compare with', async () => {
  const traffic = world.measure();
  await traffic.change();
  const measured = await traffic.finish({ wait: false });
  expect(measured?.result.drained).toBe(false);
  expect(measured?.result.quiet.requests).toBeGreaterThan(0);
});

test.each<readonly [string, () => RolloutTraffic]>([
  ['no version serves yet', () => world.measure({}, false)],
  [
    'it is turned off',
    () => world.measure({ rollout: { rate: 0, maxErrors: { count: 0 }, deadline: 300, writes: false } }),
  ],
])('nothing is measured where %s', async (_, measure) => {
  const traffic = measure();
  traffic.expect([image(digestOf('b'))]);
  await traffic.change();
  expect(await traffic.finish()).toBeUndefined();
  expect({ asked: world.asked, events: world.events }).toEqual({ asked: 0, events: [] });
});

test('a system that does not serve is changed without traffic, and it is said why', async () => {
  world.status = 503;
  const traffic = world.measure();
  await traffic.change();
  expect(await traffic.finish()).toBeUndefined();
  expect(world.events).toMatchObject([{ kind: 'note', text: expect.stringContaining('GET /: 503') }]);
});

test('broken limits are told while it goes on, which it does until the last old pod has gone', async () => {
  const traffic = world.measure();
  await traffic.change();
  world.ending.add('web-1');
  const finishing = traffic.finish();
  world.status = 500;
  await traffic.suspected;
  const problem = await traffic.exceeded;
  const before = world.asked;
  await until(() => world.asked > before + 10);
  world.gone('web-1');
  const measured = await finishing;
  expect(problem.what).toMatch(/requests failed since the change/);
  expect(measured?.problem?.what).toMatch(/requests failed since the change/);
  expect(measured?.result.drained).toBe(true);
});
