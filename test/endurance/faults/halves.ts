import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { jsonResult, tail } from '../../support/ptp.ts';
import type { Journal } from '../journal.ts';
import { halfOf, randomFrom } from '../random.ts';
import { instance, type World } from '../world.ts';
import { filesBelow } from './stored.ts';

const root = `/var/lib/ptp/${instance}`;
const group = 'a half of the cluster’s folder is deleted';

/** Some of a cluster's folder is lost: what can be mended is, and otherwise it is said how to begin anew. */
export async function halves(world: World, journal: Journal, seed: number): Promise<void> {
  for (const folder of readdirSync(root).sort()) {
    await lose(world, journal, `all of ${folder}`, () => [join(root, folder)]);
  }
  for (let round = 0; round < 3; round += 1) {
    const random = randomFrom(seed + round);
    await lose(world, journal, `a half of all files (seed ${seed + round})`, () =>
      halfOf(random, filesBelow(root)),
    );
  }
}

async function lose(
  world: World,
  journal: Journal,
  name: string,
  choose: () => readonly string[],
): Promise<void> {
  await journal.attempt(group, name, async () => {
    await world.recover();
    const { rows } = world.system;
    await rows.make(await world.system.door());
    await world.system.must('down');
    for (const path of choose()) rmSync(path, { recursive: true, force: true });
    const up = await world.ptp(['up', '--json']);
    const end = jsonResult(up);
    if (end.kind === 'bug') throw new Error(`a bug of ptp:\n${tail(up)}`);
    world.system.forgetAccess();
    if (up.code === 0) {
      const lost = await rows.lost(await world.system.door());
      if (lost.length > 0)
        throw new Error(`up says nothing, and rows are lost: ${lost.slice(0, 3).join('; ')}`);
      return `mended by up in ${up.seconds.toFixed(1)} s`;
    }
    const text = JSON.stringify(end.problems);
    if (!/ptp down --data/.test(text)) throw new Error(`up does not say how to begin anew: ${text}`);
    await world.clean();
    await world.mended();
    return `up (${up.seconds.toFixed(1)} s): ${text.slice(0, 600)}`;
  });
}
