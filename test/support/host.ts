import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** A process on this machine. */
export interface HostProcess {
  readonly pid: number;
  readonly args: readonly string[];
  /** Its cgroups, as in /proc/<pid>/cgroup. */
  readonly cgroup: string;
}

/** What a local cluster could leave on the host, in sorted words that can be compared. */
export interface HostState {
  readonly mounts: readonly string[];
  readonly interfaces: readonly string[];
  readonly firewall: readonly string[];
  readonly cgroups: readonly string[];
  readonly files: readonly string[];
  readonly forwarding: string;
}

const state = '/var/lib/ptp';
const run = '/run/ptp';
/** Where programs of a node write by themselves, unless they are kept from it. */
const habitual = ['/run/containerd', '/run/netns', '/var/lib/cni', '/var/lib/kubelet', '/var/log/containers'];

/** Looks at this machine. What belongs to other instances that run beside is left out. */
export function hostState(instance: string): HostState {
  const others = bridgesOfOthers(instance);
  const foreign = (text: string) => others.some((bridge) => new RegExp(`\\b${bridge}(n\\d)?\\b`).test(text));
  return {
    mounts: lines(readFileSync('/proc/self/mounts', 'utf8')),
    interfaces: readdirSync('/sys/class/net')
      .filter((name) => !foreign(name))
      .sort(),
    firewall: lines(output('nft', ['list', 'tables'])).filter((line) => !foreign(line)),
    cgroups: cgroupsOf(instance),
    files: [
      ...[state, run].flatMap((folder) => entries(folder)).filter((path) => !ofOther(path, instance)),
      ...habitual.flatMap((folder) => everything(folder)),
    ].sort(),
    forwarding: readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim(),
  };
}

/** What is on the host and was not there before; empty lists where nothing was left. */
export function added(before: HostState, after: HostState): HostState {
  const beyond = (known: readonly string[], now: readonly string[]) =>
    now.filter((word) => !known.includes(word));
  return {
    mounts: beyond(before.mounts, after.mounts),
    interfaces: beyond(before.interfaces, after.interfaces),
    firewall: beyond(before.firewall, after.firewall),
    cgroups: beyond(before.cgroups, after.cgroups),
    files: beyond(before.files, after.files),
    forwarding: after.forwarding,
  };
}

/** The processes of an instance: its programs, those of its pods, and whoever holds its namespaces. */
export function processesOf(instance: string): readonly HostProcess[] {
  return allProcesses().filter(
    ({ pid, args, cgroup }) =>
      new RegExp(`/ptp-${instance}(/|$)`, 'm').test(cgroup) ||
      args.some((arg) => arg.includes(`${state}/${instance}/`) || arg.includes(`${run}/${instance}/`)) ||
      text(`/proc/${pid}/environ`).split('\0').includes(`PTP_MACHINE=${instance}`),
  );
}

/** One of the node's own programs. Throws where it does not run. */
export function nodeProgram(instance: string, name: string): HostProcess {
  const path = `${state}/${instance}/bin/${name}`;
  const found = processesOf(instance).find(({ args }) => args[0] === path);
  if (found === undefined) throw new Error(`${name} of ${instance} does not run`);
  return found;
}

/** The first process of the machine that a node lives in. Throws where it does not run. */
export function machineInit(instance: string, node = 'node1'): number {
  const pid = Number(text(join(run, instance, node === 'node1' ? '' : node, 'init.pid')));
  if (!(pid > 1) || !existsSync(`/proc/${pid}`)) throw new Error(`${node} of ${instance} does not run`);
  return pid;
}

/** The processes of one pod, by its uid; the sandbox's own among them. */
export function processesOfPod(instance: string, uid: string): readonly HostProcess[] {
  return processesOf(instance).filter(({ cgroup }) => cgroup.includes(`pod${uid}`));
}

/** The namespaces that an instance's processes (or some of them) are in and this process is not. */
export function namespacesOf(
  instance: string,
  such: (pid: number) => boolean = () => true,
): ReadonlySet<string> {
  const own = namespacesOfPid('self');
  const found = new Set<string>();
  for (const { pid } of processesOf(instance).filter((one) => such(one.pid)))
    for (const name of namespacesOfPid(String(pid))) if (!own.has(name)) found.add(name);
  return found;
}

/** Those of some namespaces that a process on this machine still is in. */
export function heldNamespaces(namespaces: ReadonlySet<string>): readonly string[] {
  const held = new Set(allProcesses().flatMap(({ pid }) => [...namespacesOfPid(String(pid))]));
  return [...namespaces].filter((name) => held.has(name));
}

function allProcesses(): readonly HostProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const args = text(`/proc/${name}/cmdline`).replace(/\0$/, '').split('\0');
      // Kernel threads and what has ended and waits for its parent have no command line.
      return args[0] === '' ? [] : [{ pid: Number(name), args, cgroup: text(`/proc/${name}/cgroup`) }];
    });
}

function namespacesOfPid(pid: string): ReadonlySet<string> {
  return new Set(
    ['pid', 'mnt', 'net', 'ipc', 'uts'].flatMap((kind) => {
      try {
        return [readlinkSync(`/proc/${pid}/ns/${kind}`)];
      } catch {
        return []; // it has ended meanwhile
      }
    }),
  );
}

function cgroupsOf(instance: string): readonly string[] {
  const root = '/sys/fs/cgroup';
  const hierarchies = ['', ...readdirSync(root)].map((name) => join(root, name));
  return hierarchies.map((folder) => join(folder, `ptp-${instance}`)).filter((path) => existsSync(path));
}

/** Other instances' interfaces and firewall tables are called by the number in their record. */
function bridgesOfOthers(instance: string): readonly string[] {
  return entries(state).flatMap((path) => {
    if (!ofOther(path, instance)) return [];
    const record = text(join(path, 'instance.json'));
    return record === '' ? [] : [`ptp${(JSON.parse(record) as { number: number }).number}`];
  });
}

/** What is called as the instance, or begins with its name and a point (locks), is its own. */
function ofOther(path: string, instance: string): boolean {
  return !`${path}.`.startsWith(`${state}/${instance}.`) && !`${path}.`.startsWith(`${run}/${instance}.`);
}

function entries(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

function everything(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return [folder, ...readdirSync(folder, { recursive: true, encoding: 'utf8' })];
}

function lines(output: string): readonly string[] {
  return output.split('\n').filter(Boolean).sort();
}

function output(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8' });
}

/** Empty where the file is not there, or no longer. */
function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
