import { join } from 'node:path';
import { smallDisk } from '../../support/small-disk.ts';
import { until } from '../../support/until.ts';
import { type Fault, suffer } from '../fault.ts';
import type { Journal } from '../journal.ts';
import { instance, World } from '../world.ts';

const group = 'the disk is full';

/** Fills the disk of the cache, of the cluster and of the database, each a small one of its own. */
export async function disks(journal: Journal): Promise<void> {
  await cacheDisk(journal);
  await clusterDisk(journal);
  await databaseDisk(journal);
}

async function cacheDisk(journal: Journal): Promise<void> {
  const disk = smallDisk(6000);
  const world = new World({ cache: join(disk.path, 'cache') });
  try {
    await world.mended();
    await suffer(world, journal, group, {
      name: 'the disk of the cache is full',
      bring: async () => {
        world.change();
        disk.fill();
        return async () => disk.clear();
      },
      says: /the disk is full.* → Make room/,
    });
    await suffer(world, journal, group, {
      name: 'the disk of the cache fills while an image is built',
      bring: async () => {
        world.change();
        disk.fill();
        const up = world.up();
        disk.clear();
        disk.fill();
        await up;
        return async () => disk.clear();
      },
      says: /the disk is full.* → Make room/,
    });
  } finally {
    await world.remove();
    disk.remove();
  }
}

async function clusterDisk(journal: Journal): Promise<void> {
  const disk = smallDisk(6000);
  const world = new World({ state: disk.path });
  const filled: Omit<Fault, 'name' | 'bring'> = { says: /./ };
  try {
    await world.mended();
    await suffer(world, journal, group, {
      ...filled,
      name: 'the disk of a cluster that runs is full',
      bring: async () => {
        world.change();
        disk.fill();
        return async () => disk.clear();
      },
    });
    await suffer(world, journal, group, {
      ...filled,
      name: 'the disk of a cluster is full when it is started',
      bring: async () => {
        await world.system.must('down');
        disk.fill();
        return async () => disk.clear();
      },
    });
    await journal.attempt(group, 'the disk is full when a cluster is made', async () => {
      await world.clean();
      disk.fill();
      const ended = await world.ptp(['up', '--json']);
      disk.clear();
      if (ended.code !== 1 || /"kind":"bug"/.test(ended.stdout)) throw new Error(ended.stdout.slice(-2000));
      const { seconds } = await world.mended();
      return `up: ${ended.stdout.trim().split('\n').at(-1)?.slice(0, 400)} | mended by up in ${seconds.toFixed(1)} s`;
    });
  } finally {
    await world.remove();
    disk.remove();
  }
}

async function databaseDisk(journal: Journal): Promise<void> {
  const disk = smallDisk(300, `/var/lib/ptp/${instance}/volumes`);
  const world = new World();
  try {
    await world.mended();
    await suffer(world, journal, group, {
      name: 'the disk of the database is full',
      bring: async () => {
        disk.fill();
        const door = await world.system.door();
        await until(
          'the database takes no more rows',
          // Many at a time: what PostgreSQL has set aside for its log has to be used up first.
          async () =>
            (await Promise.all(Array.from({ length: 50 }, () => door.send('POST', '/api/')))).map(
              ({ status }) => status,
            ),
          (statuses) => statuses.every((status) => status >= 500),
          // It keeps some files of 16 MB for it, and a row is a few hundred bytes there.
          900,
        );
        return async () => disk.clear();
      },
      says: /./,
    });
  } finally {
    await world.system.must('down');
    disk.remove();
    await world.remove();
  }
}
