import { suffer } from './fault.ts';
import { clock } from './faults/clock.ts';
import { disks } from './faults/disk.ts';
import { halves } from './faults/halves.ts';
import { host } from './faults/host.ts';
import { containers, machine, nodePrograms } from './faults/processes.ts';
import { cacheGone, cacheHalved, registryData } from './faults/stored.ts';
import type { Journal } from './journal.ts';
import { randomFrom } from './random.ts';
import { World } from './world.ts';

/** Everything that goes wrong with a system that runs, one after the other. */
export async function faults(journal: Journal, { seed }: { readonly seed: number }): Promise<void> {
  const groups = {
    'a program of the node': nodePrograms,
    'the machine': machine,
    'a container': containers,
    'somebody on the host': host,
    'the clock': clock,
    'the registry': registryData,
    'the cache': [cacheGone, cacheHalved(randomFrom(seed)), cacheHalved(randomFrom(seed + 1))],
  };
  const world = new World();
  try {
    await world.mended();
    for (const [group, all] of Object.entries(groups))
      for (const fault of all) await suffer(world, journal, group, fault);
    await halves(world, journal, seed);
  } finally {
    await world.remove();
  }
  await disks(journal);
}
