import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { birthOf } from '../../path/src/core/maker.ts';
import { databaseAddresses } from './cloud/database-addresses.ts';
import { hostSettings } from './host-settings.ts';

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
  /** Every rule, with the table that it is in. */
  readonly firewall: readonly string[];
  readonly routes: readonly string[];
  readonly cgroups: readonly string[];
  readonly files: readonly string[];
  /** Settings of the kernel, `name = value`. */
  readonly settings: readonly string[];
}

const state = '/var/lib/ptp';
const run = '/run/ptp';
/** Where programs of a node write by themselves, unless they are kept from it. */
const habitual = ['/run/containerd', '/run/netns', '/var/lib/cni', '/var/lib/kubelet', '/var/log/containers'];

/** Looks at this machine. What belongs to other instances that run beside is left out. */
export function hostState(instance: string): HostState {
  const own = numberOf(instance);
  const foreign = (text: string) =>
    [...text.matchAll(/\bptp(\d+)(?:n\d+)?\b|\b10\.77\.(\d+)\./g)].some(
      ([, bridge, network]) => Number(bridge ?? network) !== own,
    );
  return {
    mounts: lines(readFileSync('/proc/self/mounts', 'utf8')).filter((line) => {
      const [, at = ''] = line.split(' ');
      return !(`${at}/`.startsWith(`${state}/`) && ofOther(at, instance));
    }),
    interfaces: readdirSync('/sys/class/net')
      .filter((name) => !foreign(name))
      .sort(),
    firewall: rules(output('nft', ['list', 'ruleset'])).filter((line) => !foreign(line)),
    routes: lines(output('ip', ['route', 'show', 'table', 'all'])).filter(
      (line) => !foreign(line) && !ofStandIns(line),
    ),
    cgroups: cgroupsOf(instance),
    files: [
      ...[state, run].flatMap((folder) => entries(folder)).filter((path) => !ofOther(path, instance)),
      ...habitual.flatMap((folder) => everything(folder)),
    ].sort(),
    settings: [...hostSettings()].flatMap(([name, value]) =>
      ofForwarding.test(name) && othersRun(instance) ? [] : [`${name} = ${value}`],
    ),
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
    routes: beyond(before.routes, after.routes),
    files: beyond(before.files, after.files),
    // Those of interfaces come and go with them; what was there and says something else was changed.
    settings: beyond(before.settings, after.settings).filter((line) =>
      before.settings.some((known) => known.split(' = ')[0] === line.split(' = ')[0]),
    ),
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

/** Namespaces, each with the processes that were in it: `pid@start`. */
export type Namespaces = ReadonlyMap<string, ReadonlySet<string>>;

/** The namespaces that an instance's processes (or some of them) are in and this process is not. */
export function namespacesOf(instance: string, such: (pid: number) => boolean = () => true): Namespaces {
  const own = namespacesOfPid('self');
  const its = processesOf(instance).filter(({ pid }) => such(pid));
  const names = new Set(its.flatMap(({ pid }) => [...namespacesOfPid(String(pid))]));
  return new Map([...holders()].filter(([name]) => names.has(name) && !own.has(name)));
}

/**
 * Those of some namespaces that a process still is in which was in it before. The kernel gives the number of one that has
 * gone to the next that is made, which may be another instance's.
 */
export function heldNamespaces(namespaces: Namespaces): readonly string[] {
  const now = holders();
  return [...namespaces].flatMap(([name, before]) => {
    const still = [...before].filter((process) => now.get(name)?.has(process));
    return still.length === 0 ? [] : [`${name} by ${still.join(', ')}`];
  });
}

/** Every namespace that a process is in, with its processes. */
function holders(): Namespaces {
  const all = new Map<string, Set<string>>();
  for (const { pid } of allProcesses()) {
    for (const name of namespacesOfPid(String(pid)))
      all.set(name, (all.get(name) ?? new Set()).add(`${pid}@${birthOf(pid)}`));
  }
  return all;
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

/** Whether a route is that to an address which a cloud's database has on this machine, in tests that run beside. */
function ofStandIns(route: string): boolean {
  return Object.values(databaseAddresses).some((address) => route.startsWith(`local ${address} dev lo `));
}

/** What follows from ip_forward, which stays switched on while other instances run. */
const ofForwarding = /forward|redirects$/;

function othersRun(instance: string): boolean {
  return entries(run).some((path) => ofOther(path, instance) && statSync(path).isDirectory());
}

const numbers = new Map<string, number>();

/** Interfaces, addresses and firewall tables are called by the number in an instance's record; it outlives it here. */
function numberOf(instance: string): number | undefined {
  const record = text(join(state, instance, 'instance.json'));
  if (record !== '') numbers.set(instance, (JSON.parse(record) as { readonly number: number }).number);
  return numbers.get(instance);
}

/** The lines of a ruleset, each behind the name of its table. */
function rules(ruleset: string): readonly string[] {
  let table = '';
  return ruleset.split('\n').flatMap((line) => {
    if (line.startsWith('table ')) table = line.replace(/ \{$/, '');
    return line.trim() === '' || line.trim() === '}' ? [] : [`${table}: ${line.trim()}`];
  });
}

/** What is called as the instance, or begins with its name and a point (locks), is its own; so is what is below it. */
function ofOther(path: string, instance: string): boolean {
  return [state, run].every((folder) => !new RegExp(`^${folder}/${instance}([./]|$)`).test(path));
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
