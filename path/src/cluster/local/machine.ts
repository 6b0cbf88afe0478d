import { readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StepFailed } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import { cgroupRoot, enterCgroup } from './cgroup.ts';
import type { Layout } from './layout.ts';
import { privateFolders } from './private-folders.ts';

/**
 * The machine is a set of Linux namespaces (pid, mount, network, ipc, uts) held by one init process. Everything the
 * node starts lives in it, so that ending that process ends every process, mount, interface and firewall rule in it,
 * however broken the cluster is.
 */
export interface Machine {
  /** The pid, on the host, of the machine's init (pid 1 within). */
  readonly init: number;
}

/** The environment variable that says whose machine an init process is. */
const marker = 'PTP_MACHINE';

/** The machine of an instance, if it runs. */
export async function findMachine(layout: Layout): Promise<Machine | undefined> {
  const init = Number(await readFile(join(layout.run, 'init.pid'), 'utf8').catch(() => ''));
  if (!Number.isInteger(init) || init <= 1) return undefined;
  // A pid is used again after a reboot or a long time: the environment it was started with tells whether it is ours.
  return (await isOf(layout, init)) ? { init } : undefined;
}

async function isOf(layout: Layout, pid: number): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return environment.split('\0').includes(`${marker}=${layout.instance}`);
}

/** Starts the machine: namespaces of its own, the node's cgroup, `/proc` of its own. */
export async function startMachine(context: Context, layout: Layout): Promise<Machine> {
  await endStrays(context, layout);
  const catatonit = await context.processes.find('catatonit');
  if (catatonit === undefined) throw new StepFailed({ what: 'catatonit is not on this machine' });
  const script = [
    'set -e',
    'mount -t proc proc /proc',
    ...privateFolders(layout),
    // Containers see the kubelet's mounts; the host sees none of them.
    'mount --make-rshared /',
    'ip link set lo up',
    `hostname ${layout.instance}`,
    `exec ${catatonit} -P`,
  ].join('; ');
  const keeper = await context.processes.start({
    program: 'unshare',
    args: [
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
    env: { [marker]: layout.instance },
    log: join(layout.log, 'machine.log'),
  });
  const init = await waitForInit(context, layout, keeper);
  await enterCgroup(cgroupRoot(layout.instance), init);
  await writeFile(join(layout.run, 'init.pid'), `${init}\n`, { mode: 0o600 });
  return { init };
}

async function waitForInit(context: Context, layout: Layout, keeper: number): Promise<number> {
  for (let tries = 0; tries < 500; tries++) {
    const children = await readFile(`/proc/${keeper}/task/${keeper}/children`, 'utf8').catch(() => undefined);
    if (children === undefined) break;
    const init = Number(children.trim().split(' ')[0]);
    if (init > 1 && (await commandLine(init)).some((word) => word.endsWith('catatonit'))) return init;
    await context.clock.sleep(10, context.signal);
  }
  const log = await readFile(join(layout.log, 'machine.log'), 'utf8').catch(() => '');
  throw new StepFailed({
    what: 'the namespaces for the local cluster could not be made',
    next: 'Run `ptp doctor`: the cluster needs root with CAP_SYS_ADMIN and CAP_NET_ADMIN.',
    details: log.trim().split('\n').slice(-10),
  });
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
 * Ends what a `ptp` that was killed had begun to make a machine of, before it could write down where it is.
 * @returns whether there was something
 */
export async function endStrays(context: Context, layout: Layout): Promise<boolean> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const strays = await Promise.all(pids.map(async (pid) => ((await isOf(layout, pid)) ? [pid] : [])));
  for (const pid of strays.flat()) await end(context, pid);
  return strays.flat().length > 0;
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
