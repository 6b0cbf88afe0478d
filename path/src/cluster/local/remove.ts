import { access, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StepFailed } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import { removeAbandoned, temporaryName } from '../../effects/temporary.ts';
import type { Removed } from '../provider.ts';
import { cgroupRoot, removeCgroups } from './cgroup.ts';
import type { Layout } from './layout.ts';
import { endStrays, findMachine, stopMachine } from './machine.ts';
import { disconnect, restoreForwarding } from './network.ts';
import { networkOf } from './plan.ts';
import { readNumber, readRecord } from './record.ts';

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
  const stray = await endStrays(context, layout);
  const number = record?.number ?? (await readNumber(layout));
  if (number !== undefined) await disconnect(context, networkOf(number));
  if (await onlyInstance(layout)) await restoreForwarding(layout);
  await leaveCgroups(context, cgroupRoot(layout.instance));
  await rm(layout.run, { recursive: true, force: true });
  const had = record !== undefined || machine !== undefined || stray || (await exists(layout.root));
  await removeAbandoned(dirname(layout.root));
  if (options.data) await removeData(layout);
  // The folders of all instances go with the last one.
  await rmdir(dirname(layout.root)).catch(() => {});
  const name = `the local cluster ${layout.instance}`;
  return {
    removed: had ? [options.data ? `${name} with all its data` : name] : [],
    kept: had && !options.data ? [`the data of ${name} in ${layout.root}`] : [],
  };
}

/**
 * Away at once, and gone a moment later: who is killed in between leaves no half of it to start from. Disks of their own
 * that are mounted there are emptied, and stay.
 */
async function removeData({ root }: Layout): Promise<void> {
  const mounts = await mountsIn(root);
  const away = temporaryName(root);
  const moved =
    mounts.length === 0 &&
    (await rename(root, away).then(
      () => true,
      () => false, // it is not there
    ));
  await (moved ? rm(away, { recursive: true, force: true }) : empty(root, mounts));
}

/** Where something is mounted at a folder or below it (proc(5), "/proc/pid/mounts"). */
async function mountsIn(folder: string): Promise<readonly string[]> {
  const text = await readFile('/proc/self/mounts', 'utf8');
  const unescaped = (path: string) =>
    path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  const points = text.split('\n').map((line) => unescaped(line.split(' ')[1] ?? ''));
  return points.filter((point) => `${point}/`.startsWith(`${folder}/`));
}

async function empty(folder: string, mounts: readonly string[]): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const stays = mounts.some((point) => `${point}/`.startsWith(`${path}/`));
    await (stays ? empty(path, mounts) : rm(path, { recursive: true, force: true }));
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Removes cgroups. The kernel takes a moment to forget processes that were killed; until then they cannot go. */
export async function leaveCgroups(context: Context, root: string): Promise<void> {
  let left: readonly string[] = [];
  for (let tries = 0; tries < 250; tries++) {
    left = await removeCgroups(root);
    if (left.length === 0) return;
    await context.clock.sleep(20);
  }
  throw new StepFailed({
    what: `cgroups of the local cluster could not be removed: ${root}`,
    next: 'A process in them does not end; `cat <folder>/cgroup.procs` names it.',
    details: left.slice(0, 5),
  });
}

async function onlyInstance(layout: Layout): Promise<boolean> {
  const entries = await readdir(dirname(layout.run), { withFileTypes: true }).catch(() => []);
  return entries.every((entry) => !entry.isDirectory() || entry.name === layout.instance);
}
