import { readdirSync, readFileSync } from 'node:fs';

/** The kernel's USER_HZ on every Linux that Node.js has a build for. */
const ticksPerSecond = 100;

/** Seconds of processor time, user and system, that a process used so far, its ended children included. */
export function cpuSeconds(pid: number): number {
  const { times } = stat(pid);
  return times.reduce((sum, ticks) => sum + ticks, 0) / ticksPerSecond;
}

/** The same of a process and all its children, for a server that serves each connection by a process. */
export function familyCpuSeconds(pid: number): number {
  let sum = cpuSeconds(pid);
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (stat(Number(name)).parent === pid) sum += cpuSeconds(Number(name));
    } catch {
      // It ended in between.
    }
  }
  return sum;
}

/** MiB of resident memory: now, the most it ever was, and how much of it now is no file's that others share. */
export function resident(pid: number): {
  readonly now: number;
  readonly peak: number;
  readonly own: number;
} {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) / 1024;
  return { now: field('VmRSS'), peak: field('VmHWM'), own: field('RssAnon') };
}

/** See proc_pid_stat(5): the name, in brackets, may hold anything. */
function stat(pid: number): { readonly parent: number; readonly times: readonly number[] } {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { parent: Number(fields[1]), times: fields.slice(11, 15).map(Number) };
}
