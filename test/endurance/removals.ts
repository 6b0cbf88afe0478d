import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import {
  added,
  type HostState,
  heldNamespaces,
  hostState,
  machineInit,
  type Namespaces,
  namespacesOf,
  processesOf,
} from '../support/host.ts';
import { deadly, killed } from '../support/killing.ts';
import { withoutOrphans } from '../support/leftovers.ts';
import { tail } from '../support/ptp.ts';
import type { Journal } from './journal.ts';
import { halfOf, oneOf, type Random } from './random.ts';
import { instance, type World } from './world.ts';

const group = 'down --data leaves nothing';

/** `down` on clusters in any state, and killed in the middle; the host is afterwards as it was before. */
export async function removals(
  world: World,
  journal: Journal,
  { random, moments }: { readonly random: Random; readonly moments: number },
): Promise<void> {
  await world.clean();
  const before = hostState(instance);
  const attempt = (name: string, bring: () => Promise<string>) =>
    journal.attempt(group, name, async () => {
      await world.recover();
      const namespaces = namespacesOf(instance);
      const seen = await bring();
      await nothingIsLeft(before, namespaces);
      world.system.forget();
      return seen;
    });
  const down = async () => {
    const { seconds } = await world.system.must('down', '--data', '--yes');
    return `down took ${seconds.toFixed(1)} s`;
  };

  await attempt('of a system that runs', down);
  await attempt('of a cluster whose first process is killed', async () => {
    kill(machineInit(instance));
    return down();
  });
  await attempt('of a cluster that was stopped', async () => {
    await world.system.must('down');
    return down();
  });
  await attempt('while somebody is in its mounts', async () => {
    const target = String(machineInit(instance));
    const guest = spawn(
      'nsenter',
      ['--target', target, '--mount', '--', 'sh', '-c', 'cd /var/lib/kubelet; exec sleep 600'],
      {
        stdio: 'ignore',
      },
    );
    const seen = await down();
    const left = added(before, hostState(instance));
    guest.kill('SIGKILL');
    await new Promise((resolve) => guest.once('close', resolve));
    if (left.files.length > 0) throw new Error(`left while somebody was there: ${left.files.join(', ')}`);
    return seen;
  });
  for (let round = 0; round < Math.max(1, Math.round(moments / 10)); round += 1) {
    await attempt(`of a cluster half of whose processes are killed (${round + 1})`, async () => {
      const own = processesOf(instance).filter(({ pid }) => pid !== machineInit(instance));
      for (const { pid } of halfOf(random, own)) kill(pid);
      return down();
    });
    await attempt(`of a cluster that is half made (${round + 1})`, async () => {
      await world.clean();
      const milliseconds = Math.round(random() * 15_000);
      const { at } = await killed(world.system.place, ['up'], { milliseconds }, 'SIGKILL');
      return `up killed at ${at}; ${await down()}`;
    });
  }
  for (let round = 0; round < Math.max(2, Math.round(moments / 5)); round += 1) {
    const signal = oneOf(random, deadly);
    const milliseconds = Math.round(150 + random() * 2000);
    await attempt(`killed with ${signal} after ${milliseconds} ms, and again`, async () => {
      const run = await killed(world.system.place, ['down', '--data', '--yes'], { milliseconds }, signal);
      if (/"kind":"bug"/.test(run.ended.stdout)) throw new Error(`a bug of ptp:\n${tail(run.ended)}`);
      await withoutOrphans(instance);
      return `${run.at === undefined ? 'ended before' : 'killed'}; ${await down()}`;
    });
    await attempt(`killed with ${signal} after ${milliseconds} ms, and then up`, async () => {
      const run = await killed(world.system.place, ['down', '--data', '--yes'], { milliseconds }, signal);
      world.system.forget();
      const { seconds } = await world.mended();
      return `${run.at === undefined ? 'ended before' : 'killed'}; up took ${seconds.toFixed(1)} s; ${await down()}`;
    });
  }
}

async function nothingIsLeft(before: HostState, namespaces: Namespaces): Promise<void> {
  const left = added(before, hostState(instance));
  const all = [
    ...processesOf(instance).map(({ pid, args }) => `process ${pid} ${args.join(' ')}`),
    ...heldNamespaces(namespaces).map((name) => `namespace ${name}`),
    ...Object.entries(left).flatMap(([kind, names]) => names.map((name: string) => `${kind}: ${name}`)),
    ...(existsSync('/run/ptp') ? readdirSync('/run/ptp') : []).flatMap((name) =>
      name.startsWith(`${instance}.`) ? [`lock ${name}`] : [],
    ),
  ];
  if (all.length > 0) throw new Error(`left behind: ${all.slice(0, 20).join('; ')}`);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
