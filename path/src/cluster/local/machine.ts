import { readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StepFailed } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import { enterCgroup, nodeCgroup } from './cgroup.ts';
import { kernelSettings } from './kernel-settings.ts';
import { firstNode, type Layout, layoutOfNode } from './layout.ts';
import { privateFolders } from './private-folders.ts';

/**
 * The machine is a set of Linux namespaces (pid, mount, network, ipc, uts) held by one init process. Everything the
 * node starts lives in it, so that ending that process ends every process, mount, interface and firewall rule in it,
 * however broken the cluster is. The machines of further nodes have a pid namespace within the first one's: they end
 * with it, and each can end alone.
 */
export interface Machine {
  /** The pid, on the host, of the machine's init (pid 1 within). */
  readonly init: number;
}

/** The environment that says whose machine an init process is, and which node's. */
function markers({ instance }: Layout, node: string): Readonly<Record<string, string>> {
  return { PTP_MACHINE: instance, ...(node === firstNode ? {} : { PTP_NODE: node }) };
}

/** The machine of one of an instance's nodes, if it runs. */
export async function findMachine(layout: Layout, node = firstNode): Promise<Machine | undefined> {
  const { run } = layoutOfNode(layout, node);
  const init = Number(await readFile(join(run, 'init.pid'), 'utf8').catch(() => ''));
  if (!Number.isInteger(init) || init <= 1) return undefined;
  // A pid is used again after a reboot or a long time: the environment it was started with tells whether it is ours.
  return (await isOf(markers(layout, node), init)) ? { init } : undefined;
}

async function isOf(wanted: Readonly<Record<string, string>>, pid: number): Promise<boolean> {
  const environment = (await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).split('\0');
  return Object.entries(wanted).every(([name, value]) => environment.includes(`${name}=${value}`));
}

/**
 * Starts the machine of a node: namespaces of its own, the node's cgroup, `/proc` of its own.
 * @param first the first node's machine, for that of a further one
 */
export async function startMachine(
  context: Context,
  layout: Layout,
  node: string = firstNode,
  first?: Machine,
): Promise<Machine> {
  await endStrays(context, layout, node);
  const own = layoutOfNode(layout, node);
  const catatonit = await context.processes.find('catatonit');
  if (catatonit === undefined) throw new StepFailed({ what: 'catatonit is not on this machine' });
  const script = [
    'set -e',
    'mount -t proc proc /proc',
    ...privateFolders({ ...layout, beside: own.beside }),
    ...kernelSettings(own),
    // Containers see the kubelet's mounts; the host sees none of them.
    'mount --make-rshared /',
    'ip link set lo up',
    `hostname ${node === firstNode ? layout.instance : `${layout.instance}-${node}`}`,
    `exec ${catatonit} -P`,
  ].join('; ');
  const [program = '', ...words] = [
    ...(first === undefined ? [] : ['nsenter', '--target', String(first.init), '--pid', '--']),
    'unshare',
  ];
  const keeper = await context.processes.start({
    program,
    args: [
      ...words,
      '--fork',
      '--kill-child=KILL',
      '--pid',
      '--mount',
      '--net',
      '--ipc',
      '--uts',
      '--propagation=private',
      'sh',
      '-c',
      script,
    ],
    env: markers(layout, node),
    log: join(own.log, 'machine.log'),
  });
  const init = await waitForInit(context, own, keeper);
  await enterCgroup(nodeCgroup(layout.instance, node), init);
  await writeFile(join(own.run, 'init.pid'), `${init}\n`, { mode: 0o600 });
  return { init };
}

/** The init process is the keeper's child, or a child's. */
async function waitForInit(context: Context, own: Layout, keeper: number): Promise<number> {
  for (let tries = 0; tries < 500; tries++) {
    const line = await descendants(keeper);
    if (line === undefined) break;
    for (const pid of line) {
      if ((await commandLine(pid)).some((word) => word.endsWith('catatonit'))) return pid;
    }
    await context.clock.sleep(10, context.signal);
  }
  const log = await readFile(join(own.log, 'machine.log'), 'utf8').catch(() => '');
  throw new StepFailed({
    what: 'the namespaces for the local cluster could not be made',
    next: 'Run `ptp doctor`: the cluster needs root with CAP_SYS_ADMIN and CAP_NET_ADMIN.',
    details: log.trim().split('\n').slice(-10),
  });
}

/** A process's first child, that one's first child, and so on; undefined where the process has ended. */
async function descendants(pid: number): Promise<readonly number[] | undefined> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => undefined);
  if (children === undefined) return undefined;
  const child = Number(children.trim().split(' ')[0]);
  return child > 1 ? [child, ...((await descendants(child)) ?? [])] : [];
}

/** The words that run a program inside the machine: put the program and its arguments behind them. */
export function inside(machine: Machine): readonly string[] {
  return ['--target', String(machine.init), '--mount', '--net', '--pid', '--ipc', '--uts', '--'];
}

/** The pids (on the host) of the machine's own processes by their program's path; pods have pid namespaces of their own. */
export async function processesInside(machine: Machine): Promise<ReadonlyMap<string, number>> {
  const namespace = await readlink(`/proc/${machine.init}/ns/pid`);
  const found = new Map<string, number>();
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  await Promise.all(
    pids.map(async (pid) => {
      if ((await readlink(`/proc/${pid}/ns/pid`).catch(() => '')) !== namespace) return;
      const [program] = await commandLine(Number(pid));
      if (program !== undefined && program !== '') found.set(program, Number(pid));
    }),
  );
  return found;
}

/** Ends the machine at once and waits until the kernel has taken everything in it away. */
export function stopMachine(context: Context, machine: Machine): Promise<void> {
  return end(context, machine.init);
}

/**
 * Ends what a `ptp` that was killed had begun to make a machine of, before it could write down where it is. The first
 * node's is what all others are in, so it means all of them.
 * @returns whether there was something
 */
export async function endStrays(context: Context, layout: Layout, node = firstNode): Promise<boolean> {
  const strays = await processesOf(layout, node);
  for (const pid of strays) await end(context, pid);
  return strays.length > 0;
}

/** Whether an instance has a machine, although it may be written nowhere which process it is. */
export async function runsSomewhere(layout: Layout): Promise<boolean> {
  return (await findMachine(layout)) !== undefined || (await processesOf(layout, firstNode)).length > 0;
}

/** The processes that make and hold a node's machine. */
async function processesOf(layout: Layout, node: string): Promise<readonly number[]> {
  const wanted = markers(layout, node);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  return (await Promise.all(pids.map(async (pid) => ((await isOf(wanted, pid)) ? [pid] : [])))).flat();
}

async function end(context: Context, pid: number): Promise<void> {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  for (let tries = 0; tries < 1000; tries++) {
    if ((await commandLine(pid)).length === 0) return;
    await context.clock.sleep(20);
  }
  throw new StepFailed({
    what: `the process ${pid} of the local cluster did not end`,
    next: 'Look for a process in state D with `ps`; a disk or network mount in the cluster may hang.',
  });
}

async function commandLine(pid: number): Promise<readonly string[]> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text === '' ? [] : text.replace(/\0$/, '').split('\0');
}
