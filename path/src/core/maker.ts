import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';

/** A process as others may look for it: a pid is used again, a pid that began at a moment is not. */
export interface Maker {
  readonly pid: number;
  /** When it began, in the kernel's clock ticks since the machine's start. */
  readonly born: string;
  /** The machine since its last start, and its pid namespace: elsewhere the pid is another process's. */
  readonly place: string;
}

/** This process. */
export function thisMaker(): Maker {
  return { pid: process.pid, born: birthOf(process.pid), place: ownPlace() };
}

/** Whether a process has ended; undefined where that cannot be seen from here. */
export function hasEnded({ pid, born, place }: Maker): boolean | undefined {
  if (place !== ownPlace() || place === unknown) return undefined;
  return birthOf(pid) !== born;
}

const unknown = 'unknown';
let known: string | undefined;

function ownPlace(): string {
  known ??= findPlace();
  return known;
}

function findPlace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const words = `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
    return createHash('sha256').update(words).digest('hex').slice(0, 8);
  } catch {
    return unknown; // no Linux
  }
}

/** When a process began: field 22 of proc_pid_stat(5), counted behind the name, which may hold spaces; empty where there is no such process. */
export function birthOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
