import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** What a cluster needs when nothing happens. */
export interface Idle {
  /** MiB, proportional set size of all its processes. */
  readonly memory: number;
  /** Of one processor: 1 is all of it. */
  readonly processor: number;
}

/** Looks at a local cluster for a minute, after it had time to come to rest. */
export async function measureIdle(
  instance: string,
  say: (text: string) => void,
  { settling, watched } = { settling: 20, watched: 60 },
): Promise<Idle> {
  say(`cluster: idle, ${settling + watched} s`);
  await wait(settling * 1000);
  const group = cgroupOf(instance);
  const [began, before] = [performance.now(), group.seconds()];
  await wait(watched * 1000);
  const processor = (group.seconds() - before) / ((performance.now() - began) / 1000);
  return { memory: group.pids().reduce((sum, pid) => sum + pss(pid), 0) / 1024, processor };
}

interface Group {
  /** Processor time of all that ever ran in it. */
  seconds(): number;
  pids(): readonly number[];
}

/** The instance's cgroup, of either version (cgroups(7)). */
function cgroupOf(instance: string): Group {
  const unified = join('/sys/fs/cgroup', `ptp-${instance}`);
  if (existsSync(join(unified, 'cpu.stat'))) {
    const usage = () =>
      Number(/^usage_usec (\d+)$/m.exec(readFileSync(join(unified, 'cpu.stat'), 'utf8'))?.[1]);
    return { seconds: () => usage() / 1e6, pids: () => pidsBelow(unified) };
  }
  const accounted = join('/sys/fs/cgroup/cpuacct', `ptp-${instance}`);
  return {
    seconds: () => Number(readFileSync(join(accounted, 'cpuacct.usage'), 'utf8')) / 1e9,
    pids: () => pidsBelow(accounted),
  };
}

function pidsBelow(folder: string): readonly number[] {
  const own = readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  const inner = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...own, ...inner.flatMap(({ name }) => pidsBelow(join(folder, name)))];
}

/** KiB that a process has in memory; what it shares counts in parts. */
function pss(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // it ended in between
  }
}
