import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { firstNode } from './layout.ts';

const mounted = '/sys/fs/cgroup';

/** The cgroup of an instance, as the kubelet names it; its pods and its own programs are below. */
export function cgroupRoot(instance: string): string {
  return `/ptp-${instance}`;
}

/** The cgroup of one of an instance's nodes: the first one's is the instance's, the others' are below it. */
export function nodeCgroup(instance: string, node: string): string {
  const root = cgroupRoot(instance);
  return node === firstNode ? root : join(root, 'nodes', node);
}

/** 2 where the machine has the unified hierarchy alone. */
export async function cgroupVersion(): Promise<1 | 2> {
  const controllers = await readFile(join(mounted, 'cgroup.controllers'), 'utf8').catch(() => undefined);
  return controllers === undefined ? 1 : 2;
}

/**
 * Puts a process (and so all it starts) into `<root>/machine`, and makes `<root>` ready for a kubelet: on version 1 in
 * every hierarchy, on version 2 with every controller handed down.
 */
export async function enterCgroup(root: string, pid: number): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    const own = join(hierarchy, root, 'machine');
    await mkdir(own, { recursive: true });
    await handDown(hierarchy, own);
    await writeFile(join(own, 'cgroup.procs'), String(pid));
  }
}

/** Removes an instance's cgroups, deepest first; those that still hold a process stay and are returned. */
export async function removeCgroups(root: string): Promise<readonly string[]> {
  const left: string[] = [];
  for (const hierarchy of await hierarchies()) left.push(...(await removeTree(join(hierarchy, root))));
  return left;
}

async function removeTree(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return [];
  const left: string[] = [];
  for (const entry of entries)
    if (entry.isDirectory()) left.push(...(await removeTree(join(folder, entry.name))));
  await rmdir(folder).catch(() => left.push(folder));
  return left;
}

async function hierarchies(): Promise<readonly string[]> {
  if ((await cgroupVersion()) === 2) return [mounted];
  const folders: string[] = [];
  for (const entry of await readdir(mounted, { withFileTypes: true })) {
    const folder = join(mounted, entry.name);
    // Two names of one hierarchy (cpu → cpu,cpuacct) are a link and its folder.
    if (!entry.isDirectory()) continue;
    const procs = await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => undefined);
    if (procs !== undefined) folders.push(folder);
  }
  return folders;
}

/** Makes every folder from the hierarchy's down to `own` ready for what is below it. */
async function handDown(hierarchy: string, own: string): Promise<void> {
  const words = relative(hierarchy, own).split('/');
  const folders = words.map((_, index) => join(hierarchy, ...words.slice(0, index + 1)));
  if ((await cgroupVersion()) === 2) {
    const controllers = (await readFile(join(hierarchy, 'cgroup.controllers'), 'utf8')).trim().split(/\s+/);
    // Not the last one: it holds processes.
    for (const folder of [hierarchy, ...folders.slice(0, -1)]) {
      for (const controller of controllers) {
        await writeFile(join(folder, 'cgroup.subtree_control'), `+${controller}`).catch(() => {});
      }
    }
    return;
  }
  // A new cpuset is empty on version 1 and takes no process until it has processors and memory nodes.
  for (const name of ['cpuset.cpus', 'cpuset.mems']) {
    const value = await readFile(join(hierarchy, name), 'utf8').catch(() => undefined);
    if (value === undefined) continue;
    for (const folder of folders) await writeFile(join(folder, name), value.trim());
  }
}
