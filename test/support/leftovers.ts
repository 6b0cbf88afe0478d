import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { until } from './until.ts';

/** Where a system's things are. */
export interface Whereabouts {
  readonly instance: string;
  /** The folder of clusters; `/var/lib/ptp` where absent. */
  readonly state?: string;
  /** A cache that nobody else uses; where absent none is looked at. */
  readonly cache?: string;
}

/**
 * What commands that were killed have left behind, in words: processes that go on without them, a second machine,
 * locks, files that were to be renamed. To be asked when no command runs.
 */
export function leftovers({ instance, state = '/var/lib/ptp', cache }: Whereabouts): readonly string[] {
  return [
    ...orphans(instance).map((text) => `process: ${text}`),
    ...secondMachines(instance),
    ...locks(instance).map((path) => `lock: ${path}`),
    ...strays(join(state, instance)).map((path) => `state: ${path}`),
    ...removedFolders(state, instance).map((path) => `state: ${path}`),
    ...(cache === undefined ? [] : strays(cache).map((path) => `cache: ${path}`)),
  ];
}

/** Waits until no process of a command that was killed goes on; throws with those that do. */
export async function withoutOrphans(instance: string, seconds = 3): Promise<void> {
  await until(
    'no process goes on without the command that started it',
    () => orphans(instance),
    (left) => left.length === 0,
    seconds,
  );
}

/** Processes on the host's side that a command for this instance started: they have its environment. */
function orphans(instance: string): readonly string[] {
  const here = readlinkSync('/proc/self/ns/pid');
  return processes().flatMap(({ pid, args, environment }) => {
    if (!environment.includes(`PTP_INSTANCE=${instance}`) || environment.includes(`PTP_MACHINE=${instance}`))
      return [];
    // The cluster's programs live in the machine's namespace.
    return namespaceOf(pid) === here && pid !== String(process.pid) ? [`${pid} ${args.join(' ')}`] : [];
  });
}

function secondMachines(instance: string): readonly string[] {
  const inits = processes().filter(
    ({ args, environment }) =>
      environment.includes(`PTP_MACHINE=${instance}`) && args.some((word) => word.endsWith('catatonit')),
  );
  return inits.length < 2 ? [] : [`${inits.length} machines: ${inits.map(({ pid }) => pid).join(', ')}`];
}

function locks(instance: string): readonly string[] {
  const run = '/run/ptp';
  if (!existsSync(run)) return [];
  return readdirSync(run).filter((name) => name.startsWith(`${instance}.`));
}

function removedFolders(state: string, instance: string): readonly string[] {
  if (!existsSync(state)) return [];
  return readdirSync(state).filter((name) => name !== instance && name.includes(`${instance}.`));
}

/** Names of what was to get another name, or to go, when it was done. */
const unfinished =
  /^(incoming|scratch|stage|image|removed)-|\.(new|part|tmp)$|[.~-]\d+-[0-9a-f]{8}-[0-9a-f-]{27}$|~\d+/;
/** Folders in which everything is unfinished. */
const passing = /^(blobs\/incoming|work)\//;
/** Not ours to judge: Go's own caches, what the cluster's programs keep, packages of npm. */
const foreign =
  /^(go|compile-cache|containerd|kubelet|etcd|volumes|registry|beside|log|modules\/[0-9a-f]+\/node_modules)$/;

/** Whether a path below a cache or a cluster's folder is one that should not be there when nothing runs. */
export function isUnfinished(path: string): boolean {
  return unfinished.test(basename(path)) || passing.test(path);
}

function strays(root: string, folder = root, depth = 0): readonly string[] {
  if (!existsSync(folder) || depth > 3) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    const shown = relative(root, path);
    if (isUnfinished(shown)) return [shown];
    return entry.isDirectory() && !foreign.test(shown) ? strays(root, path, depth + 1) : [];
  });
}

function processes() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({ pid, args: words(`/proc/${pid}/cmdline`), environment: words(`/proc/${pid}/environ`) }))
    .filter(({ args }) => args.length > 0);
}

function words(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split('\0').filter(Boolean);
  } catch {
    return []; // it has ended meanwhile
  }
}

function namespaceOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return '';
  }
}
