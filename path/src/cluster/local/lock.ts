import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Context } from '../../effects/context.ts';
import type { Layout } from './layout.ts';

interface Holder {
  readonly pid: number;
  /** When the process began, in the kernel's clock ticks: a pid is used again, a pid at a moment is not. */
  readonly born: string;
}

/**
 * Does work on an instance while no other `ptp` on this machine does. Waits for one that does, and says so; one that
 * was killed holds nothing back.
 */
export async function alone<T>(context: Context, layout: Layout, work: () => Promise<T>): Promise<T> {
  // Beside the instance's folder, which the work may remove.
  const path = `${layout.run}.lock`;
  const own = `${path}.${process.pid}.${randomUUID()}`;
  await announce(own, { pid: process.pid, born: await birth(process.pid) });
  try {
    await take(context, layout, own, path);
    try {
      return await work();
    } finally {
      await rm(path, { force: true });
    }
  } finally {
    await rm(own, { force: true });
    // The last one out leaves no folder; it stays where another instance, or another ptp, has something in it.
    await rmdir(dirname(path)).catch(() => {});
  }
}

/** Writes who asks for the lock; again where another ptp, the last one out, has just taken the folder away. */
async function announce(path: string, holder: Holder): Promise<void> {
  for (let tries = 0; ; tries++) {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    try {
      return await writeFile(path, JSON.stringify(holder), { mode: 0o600 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries === 100) throw error;
    }
  }
}

async function take(context: Context, layout: Layout, own: string, path: string): Promise<void> {
  const started = context.clock.monotonic();
  let told = false;
  for (;;) {
    // A link appears whole or not at all, and only where none is.
    const taken = await link(own, path).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      },
    );
    if (taken) break;
    const text = await readFile(path, 'utf8').catch(() => undefined);
    const holder = text === undefined ? undefined : (JSON.parse(text) as Holder);
    if (holder !== undefined && (await birth(holder.pid)) !== holder.born) {
      await rm(path, { force: true });
      continue;
    }
    if (!told && holder !== undefined) {
      const text = `process ${holder.pid} works on the local cluster ${layout.instance}; waiting for it`;
      context.emit({ kind: 'note', step: 'cluster', text });
      told = true;
    }
    await context.clock.sleep(100, context.signal);
  }
  if (!told) return;
  const seconds = (context.clock.monotonic() - started) / 1000;
  context.emit({
    kind: 'task-done',
    step: 'cluster',
    task: 'wait',
    text: 'the other process is done',
    seconds,
  });
}

/** Field 22 of proc_pid_stat(5), counted behind the name, which may hold spaces; empty where there is no such process. */
async function birth(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
