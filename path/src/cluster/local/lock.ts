import { mkdir, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Context } from '../../effects/context.ts';
import { makerOf, removeAbandoned, temporaryName } from '../../effects/temporary.ts';
import type { Layout } from './layout.ts';

/** Milliseconds between two looks at who has the lock; each waits a little longer or shorter than the others. */
const pause = 100;

/**
 * Does work on an instance while no other `ptp` on this machine does. Waits for one that does, and says so; one that
 * was killed holds nothing back.
 */
export async function alone<T>(context: Context, layout: Layout, work: () => Promise<T>): Promise<T> {
  // Beside the instance's folder, which the work may remove.
  const path = `${layout.run}.lock`;
  const own = temporaryName(path);
  try {
    await take(context, layout, own, path);
    return await work();
  } finally {
    await rm(own, { force: true });
    // The last one out leaves no folder; it stays where another instance, or another ptp, has something in it.
    await rmdir(dirname(path)).catch(() => {});
  }
}

/**
 * Each asks with a file of its own, and then looks for others': whoever sees none has the lock, because of two that ask
 * at once the later one sees the earlier one. So no file is ever taken from a living process, and those of killed ones
 * can go at any moment.
 */
async function take(context: Context, layout: Layout, own: string, path: string): Promise<void> {
  const started = context.clock.monotonic();
  let told = false;
  for (;;) {
    await announce(own);
    const [other] = await othersThan(own, path);
    if (other === undefined) break;
    await rm(own, { force: true });
    if (!told) {
      const text = `process ${other} works on the local cluster ${layout.instance}; waiting for it`;
      context.emit({ kind: 'note', step: 'cluster', text });
      told = true;
    }
    await context.clock.sleep(pause * (0.5 + Math.random()), context.signal);
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

/** The pids of living processes that have the lock or ask for it. */
async function othersThan(own: string, path: string): Promise<readonly number[]> {
  const folder = dirname(path);
  await removeAbandoned(folder);
  const names = await readdir(folder);
  return names
    .filter((name) => name.startsWith(`${basename(path)}~`) && name !== basename(own))
    .flatMap((name) => makerOf(name)?.pid ?? []);
}

/** Again where another ptp, the last one out, has just taken the folder away. */
async function announce(path: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    try {
      return await writeFile(path, '', { mode: 0o600 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries === 100) throw error;
    }
  }
}
