import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Context } from '../../effects/context.ts';
import { nodeClock } from '../../effects/node/clock.ts';
import { nodeProcesses } from '../../effects/node/processes.ts';
import { Store } from '../../oci/store.ts';
import { debianLayers } from './build.ts';
import { pendingUpdates } from './pending.ts';
import type { DebianRequest } from './plan.ts';
import { day, TestMirror, today } from './test-mirror.ts';

let folder: string;
let mirror: TestMirror;
let context: Context;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptp-pending-'));
  mirror = await TestMirror.start(folder);
  context = {
    emit: () => {},
    clock: { ...nodeClock, now: () => today },
    processes: { ...nodeProcesses, find: async () => undefined },
    cache: join(folder, 'cache'),
    signal: new AbortController().signal,
  };
});
afterEach(async () => {
  await mirror.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
});

const hello = (version: string) => ({ name: 'hello', version, entries: { './usr/share/hello': version } });
const other = { name: 'other', version: '1.0', entries: { './usr/share/other': '' } };

async function lock(more: Partial<DebianRequest> = {}) {
  const request = { packages: ['hello', 'other'], ...more };
  const options = { environment: mirror.environment, apt: join(folder, 'no-apt') };
  return (await debianLayers(context, request, new Store(context), options)).lock;
}

test('a newer version in the security updates is told once this machine knows of it, and not before', async () => {
  await mirror.publish('trixie', [hello('1.0'), other]);
  expect(await pendingUpdates(context, [])).toEqual([]);
  const before = await lock();
  expect(await pendingUpdates(context, [before])).toEqual([]);
  await mirror.publish('trixie-security', [hello('1.0+deb13u1')], {
    date: new Date(today.getTime() + day / 2),
  });
  expect(await pendingUpdates(context, [before])).toEqual([]);
  const after = await lock({ fresh: 'required' });
  const asked = mirror.requests.length;
  expect(await pendingUpdates(context, [before])).toEqual([
    { name: 'hello', version: '1.0', newer: '1.0+deb13u1' },
  ]);
  expect(await pendingUpdates(context, [after])).toEqual([]);
  expect(mirror.requests).toHaveLength(asked);
});
