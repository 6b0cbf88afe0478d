import { readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StepFailed } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import type { Removed } from '../provider.ts';
import { cgroupRoot, removeCgroups } from './cgroup.ts';
import type { Layout } from './layout.ts';
import { findMachine, stopMachine } from './machine.ts';
import { disconnectMachine } from './network.ts';
import { networkOf } from './plan.ts';
import { readRecord } from './record.ts';

/**
 * Stops an instance and takes everything of it off the machine that is not data: processes, mounts, interfaces,
 * firewall rules, cgroups. Works on a cluster in any state, because nothing in it is asked. PostgreSQL and etcd are
 * made to be stopped at any moment; both wrote to disk whatever they acknowledged.
 */
export async function remove(
  context: Context,
  layout: Layout,
  options: { readonly data: boolean },
): Promise<Removed> {
  const record = await readRecord(layout);
  const machine = await findMachine(layout);
  if (machine !== undefined) await stopMachine(context, machine);
  if (record !== undefined) {
    await disconnectMachine(context, networkOf(record.number));
    if (record.ipForward === '0' && (await onlyInstance(layout))) {
      await writeFile('/proc/sys/net/ipv4/ip_forward', '0');
    }
  }
  await leaveCgroups(context, layout);
  await rm(layout.run, { recursive: true, force: true });
  const had = record !== undefined || machine !== undefined;
  if (options.data) await rm(layout.root, { recursive: true, force: true });
  // The folders of all instances go with the last one.
  await rmdir(dirname(layout.root)).catch(() => {});
  const name = `the local cluster ${layout.instance}`;
  return {
    removed: had ? [options.data ? `${name} with all its data` : name] : [],
    kept: had && !options.data ? [`the data of ${name} in ${layout.root}`] : [],
  };
}

/** The kernel takes a moment to forget processes that were killed; until then their cgroups cannot go. */
async function leaveCgroups(context: Context, layout: Layout): Promise<void> {
  let left: readonly string[] = [];
  for (let tries = 0; tries < 250; tries++) {
    left = await removeCgroups(cgroupRoot(layout.instance));
    if (left.length === 0) return;
    await context.clock.sleep(20);
  }
  throw new StepFailed({
    what: `cgroups of the local cluster ${layout.instance} could not be removed`,
    next: 'A process in them does not end; `cat <folder>/cgroup.procs` names it.',
    details: left.slice(0, 5),
  });
}

async function onlyInstance(layout: Layout): Promise<boolean> {
  const entries = await readdir(dirname(layout.run), { withFileTypes: true }).catch(() => []);
  return entries.every((entry) => !entry.isDirectory() || entry.name === layout.instance);
}
