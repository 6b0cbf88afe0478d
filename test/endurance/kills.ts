import { type Deadly, deadly, isBoundary, type Killed, killed, type When } from '../support/killing.ts';
import { withoutOrphans } from '../support/leftovers.ts';
import { jsonLines, tail } from '../support/ptp.ts';
import type { Journal } from './journal.ts';
import { oneOf, type Random } from './random.ts';
import { instance, type World } from './world.ts';

/** Seconds that a command may take to end in order. */
const patience = 15;

/** How `up` is killed: which moments and signals are drawn, and how many moments. */
export interface KillOptions {
  readonly random: Random;
  readonly moments: number;
}

/**
 * Kills `up` at every boundary it tells of and at random moments, on a cluster that runs: each time with a word changed
 * as the work to do, and with somebody who writes all the while.
 */
export async function kills(world: World, journal: Journal, { random, moments }: KillOptions): Promise<void> {
  await world.mended();
  world.change();
  const whole = await world.system.must('up', '--json');
  const count = jsonLines(whole).filter(isBoundary).length;
  const cycle = async (when: When, signal: Deadly) => {
    world.change();
    const { rows } = world.system;
    const door = await world.system.door();
    const before = rows.count;
    await rows.make(door);
    const seen = await rows.whileWriting(door, async () => {
      const run = await killedInOrder(world, when, signal);
      const { seconds } = await world.mended();
      return told(run, seconds);
    });
    // Some of those of earlier rounds among them; all are looked at in the end.
    const lost = await rows.lost(door, rows.count - before + 20);
    if (lost.length > 0) throw new Error(`rows are lost: ${lost.slice(0, 5).join('; ')}`);
    return seen;
  };
  for (let boundary = 1; boundary <= count; boundary += 1) {
    const signal = oneOf(random, deadly);
    await journal.attempt('running cluster, each boundary', `${boundary} of ${count}, ${signal}`, () =>
      cycle({ boundary }, signal),
    );
  }
  for (let moment = 0; moment < moments; moment += 1) {
    const signal = oneOf(random, deadly);
    const milliseconds = Math.round(random() * whole.seconds * 1000);
    await journal.attempt('running cluster, random moments', `after ${milliseconds} ms, ${signal}`, () =>
      cycle({ milliseconds }, signal),
    );
  }
  const lost = await world.system.rows.lost(await world.system.door());
  journal.note(`${world.system.rows.count} rows were acknowledged meanwhile, ${lost.length} of them lost`);
}

/** Boundaries between two kills of one first `up`: each begins with what the one before has left. */
const stride = 12;

/** The same from nothing each time; the boundaries several to a cluster, each kill of what the one before has left. */
export async function firstKills(
  world: World,
  journal: Journal,
  { random, moments }: KillOptions,
): Promise<void> {
  await world.clean();
  const whole = await world.system.must('up', '--json');
  const count = jsonLines(whole).filter(isBoundary).length;
  const finish = async () => {
    const { seconds } = await world.mended();
    const door = await world.system.door();
    await world.system.rows.make(door);
    const lost = await world.system.rows.lost(door);
    if (lost.length > 0) throw new Error(`rows are lost: ${lost.join('; ')}`);
    return seconds;
  };
  for (let first = 1; first <= Math.min(stride, count); first += 1) {
    const group = Array.from(
      { length: Math.ceil((count - first + 1) / stride) },
      (_, n) => first + n * stride,
    );
    await journal.attempt('new cluster, each boundary', `${group.join(', ')} of ${count}`, async () => {
      await world.clean();
      const runs: string[] = [];
      for (const boundary of group)
        runs.push(told(await killedInOrder(world, { boundary }, oneOf(random, deadly))));
      return `${runs.join('; ')}; finished in ${(await finish()).toFixed(1)} s`;
    });
  }
  for (let moment = 0; moment < moments; moment += 1) {
    const signal = oneOf(random, deadly);
    const milliseconds = Math.round(random() * whole.seconds * 1000);
    await journal.attempt('new cluster, random moments', `after ${milliseconds} ms, ${signal}`, async () => {
      await world.clean();
      const run = await killedInOrder(world, { milliseconds }, signal);
      return told(run, await finish());
    });
  }
}

/** Kills an `up`, which has to end soon, as the signal says, and with all that it has started. */
async function killedInOrder(world: World, when: When, signal: Deadly): Promise<Killed> {
  const run = await killed(world.system.place, ['up'], when, signal);
  const { ended } = run;
  if (run.at === undefined) {
    if (ended.code !== 0)
      throw new Error(`before it was killed it ended with ${ended.code}:\n${tail(ended)}`);
    return run;
  }
  // The last moment of a run is too late for a signal to change how it ends.
  const good =
    signal === 'SIGKILL'
      ? ended.signal === signal
      : ended.code === 130 || ended.signal === signal || ended.code === 0;
  if (!good)
    throw new Error(
      `killed with ${signal} at ${run.at} it ended with ${ended.code ?? ended.signal}:\n${tail(ended)}`,
    );
  if (run.dying > patience)
    throw new Error(`killed with ${signal} at ${run.at} it took ${run.dying.toFixed(1)} s to end`);
  await withoutOrphans(instance);
  return run;
}

function told({ at, dying }: Killed, seconds?: number): string {
  const end = seconds === undefined ? '' : `; the next one took ${seconds.toFixed(1)} s`;
  return at === undefined ? `ended before${end}` : `at ${at}, dead after ${dying.toFixed(2)} s${end}`;
}
