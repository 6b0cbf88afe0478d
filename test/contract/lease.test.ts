import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Event } from '../../path/src/core/event.ts';
import { thisMaker } from '../../path/src/core/maker.ts';
import type { Context } from '../../path/src/effects/context.ts';
import { nodeClock } from '../../path/src/effects/node/clock.ts';
import { nodeProcesses } from '../../path/src/effects/node/processes.ts';
import { apply } from '../../path/src/kubernetes/apply.ts';
import { connect, type KubernetesClient } from '../../path/src/kubernetes/client.ts';
import { holdLease, type LeaseOptions } from '../../path/src/kubernetes/lease.ts';
import { getObject } from '../../path/src/kubernetes/list.ts';
import { namespaceFor } from '../../path/src/kubernetes/namespace.ts';
import type { LeaseObject } from '../../path/src/kubernetes/objects.ts';
import { type ControlPlane, startControlPlane } from './support/api-server.ts';

let plane: ControlPlane;
let client: KubernetesClient;
let events: Event[];
let options: LeaseOptions;
let number = 0;

beforeAll(async () => {
  plane = await startControlPlane();
  client = await connect(plane.kubeconfig);
});
afterAll(async () => {
  await client?.close();
  await plane?.stop();
});
beforeEach(() => {
  events = [];
  const namespace = `lease-${++number}`;
  options = {
    step: 'deploy',
    namespace,
    name: 'up',
    project: namespace,
    makeNamespace: async () => {
      await apply(contextOf(), client, [namespaceFor(namespace)], { step: 'deploy', project: namespace });
    },
  };
});

/** A clock in which a wait of any length is over after a real moment. */
function contextOf(signal = AbortSignal.timeout(60_000)): Context {
  let ahead = 0;
  return {
    emit: (event) => events.push(event),
    clock: {
      monotonic: () => performance.now() + ahead,
      now: () => new Date(Date.now() + ahead),
      sleep: async (milliseconds, ended) => {
        await nodeClock.sleep(20, ended);
        ahead += milliseconds;
      },
    },
    processes: nodeProcesses,
    cache: '',
    signal,
  };
}

const live = async () =>
  (
    await getObject<LeaseObject>(client, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      name: 'up',
      namespace: options.namespace,
    })
  )?.spec;

/** Writes a lease as another process would have left it. */
async function leftBy(identity: string, renewTime = '2026-01-01T00:00:00.000000Z'): Promise<void> {
  await options.makeNamespace();
  await client.send({
    method: 'POST',
    path: `/apis/coordination.k8s.io/v1/namespaces/${options.namespace}/leases`,
    body: {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'up', namespace: options.namespace },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: 15,
        acquireTime: renewTime,
        renewTime,
        leaseTransitions: 1,
      },
    },
  });
}

const notes = () => events.flatMap((event) => (event.kind === 'note' ? [event.text] : []));

test('is held in a namespace that it makes, and is free again when it is released', async () => {
  const held = await holdLease(contextOf(), client, options);
  expect((await live())?.holderIdentity).toContain(` ${process.pid} `);
  await held.release();
  expect((await live())?.holderIdentity ?? '').toBe('');
  await (await holdLease(contextOf(), client, options)).release();
  expect(notes()).toEqual([]);
});

test('the second one says who holds it and since when, and comes in when it is released', async () => {
  const first = await holdLease(contextOf(), client, options);
  const second = holdLease(contextOf(), client, options);
  while (notes().length === 0) await nodeClock.sleep(10);
  expect(notes()[0]).toMatch(
    /^waiting: \S+@\S+ \(process \d+\) has been at it since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ$/,
  );
  await first.release();
  const held = await second;
  expect(first.lost.aborted).toBe(false);
  await held.release();
});

test('of several at once one at a time gets it', async () => {
  let inside = 0;
  const most: number[] = [];
  await Promise.all(
    Array.from({ length: 5 }, async () => {
      // Real time: in a quick clock the others would take the holder for dead.
      const context = { ...contextOf(), clock: nodeClock };
      const held = await holdLease(context, client, options);
      most.push(++inside);
      await nodeClock.sleep(5);
      inside--;
      await held.release();
    }),
  );
  expect(most).toEqual([1, 1, 1, 1, 1]);
});

test('what a process of this machine held that was killed is free at once', async () => {
  const child = spawn('sleep', ['60']);
  const { place } = thisMaker();
  child.kill('SIGKILL');
  await once(child, 'close');
  await leftBy(`root@here ${child.pid} 12345 ${place} 00`, new Date().toISOString().replace('Z', '000Z'));
  const context = { ...contextOf(), clock: nodeClock };
  await (await holdLease(context, client, options)).release();
  expect(notes()).toEqual([]);
});

test('what somebody on another machine holds is waited for until it was not renewed for as long as it says', async () => {
  // Its clock may be years behind: what counts is that nothing happens while this machine's runs.
  await leftBy('ann@elsewhere 1 1 ffffffff 00');
  const context = contextOf();
  const began = context.clock.monotonic();
  const held = await holdLease(context, client, options);
  expect((context.clock.monotonic() - began) / 1000).toBeGreaterThan(15);
  expect(notes()[0]).toContain('ann@elsewhere (process 1)');
  await held.release();
});

test('who has lost it is told, and does not release what is another’s', async () => {
  const held = await holdLease(contextOf(), client, options);
  const lost = once(held.lost, 'abort');
  await client.send({
    method: 'PATCH',
    path: `/apis/coordination.k8s.io/v1/namespaces/${options.namespace}/leases/up`,
    contentType: 'application/merge-patch+json',
    body: { spec: { holderIdentity: 'ann@elsewhere 1 1 ffffffff 00' } },
  });
  await lost;
  expect(String(held.lost.reason)).toMatch(/taken over: ann@elsewhere \(process 1\)/);
  await held.release();
  expect((await live())?.holderIdentity).toContain('ann@elsewhere');
});

test('whoever waits can be stopped', async () => {
  await leftBy('ann@elsewhere 1 1 ffffffff 00');
  const stop = new AbortController();
  const waiting = holdLease({ ...contextOf(stop.signal), clock: nodeClock }, client, options);
  while (notes().length === 0) await nodeClock.sleep(10);
  stop.abort(new Error('Ctrl-C'));
  await expect(waiting).rejects.toThrow();
  expect((await live())?.holderIdentity).toContain('ann@elsewhere');
});
