import { readdir, readFile } from 'node:fs/promises';
import type { Context } from '../../effects/context.ts';
import { cgroupRoot } from './cgroup.ts';

/**
 * Ends containers whose supervisor (containerd's shim) was killed. Their processes go on as children of the machine's
 * first process, nobody knows of them any more, and the container that is started in their place meets them on its
 * volume. A container that is looked after is a child of its shim; the shims themselves are in no pod's cgroup.
 * @param inits the pids of the machines' first processes
 * @returns how many were ended
 */
export async function endOrphans(
  { emit }: Pick<Context, 'emit'>,
  instance: string,
  inits: readonly number[],
): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const looked = await Promise.all(
    pids.map(async (pid) => ((await isOrphan(pid, instance, inits)) ? [pid] : [])),
  );
  const orphans = looked.flat();
  for (const pid of orphans) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
  if (orphans.length > 0) {
    const text = `${orphans.length} containers that nobody looked after any more were ended`;
    emit({ kind: 'note', step: 'cluster', text });
  }
  return orphans.length;
}

async function isOrphan(pid: number, instance: string, inits: readonly number[]): Promise<boolean> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // proc_pid_stat(5): the parent stands behind the name, which may hold spaces, and the state.
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    if (!inits.includes(parent)) return false;
    const cgroup = await readFile(`/proc/${pid}/cgroup`, 'utf8');
    return cgroup.split('\n').some((line) => isOfPod(line.slice(line.lastIndexOf(':') + 1), instance));
  } catch {
    return false; // it has ended
  }
}

/** Whether a cgroup is one that the instance's kubelets make for pods. */
function isOfPod(cgroup: string, instance: string): boolean {
  return cgroup.startsWith(`${cgroupRoot(instance)}/`) && cgroup.includes('/kubepods/');
}
