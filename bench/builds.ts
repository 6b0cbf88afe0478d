import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Row, single, spreadOf, type Timed } from './figures.ts';
import type { BenchRegistry } from './registry.ts';
import { type Script, time } from './timing.ts';
import type { Workplace } from './workplace.ts';

/** A tool that makes an image of the application and publishes it. */
export interface Contestant {
  readonly name: string;
  /** Where its image is in the registry. */
  readonly repository: string;
  readonly tag: string;
  /** Back to where the base is there and nothing of the application, on this machine and in the registry. */
  reset(): Promise<void>;
  /** What is timed. */
  readonly script: Script;
}

/** What is to be measured. */
export interface BuildsOptions {
  /** The first word of the rows' names. */
  readonly id: string;
  /** The file, below each contestant's folder, in which a line is changed. */
  readonly edited: string;
  /** Words in it that the program shows; a number is put behind them. */
  readonly words: string;
  readonly registry: BenchRegistry;
}

const states = ['first', 'unchanged', 'line'] as const;
type State = (typeof states)[number];

const texts: Readonly<Record<State, string>> = {
  first: 'first build and push',
  unchanged: 'nothing changed',
  line: 'one line changed',
};

/**
 * Builds and pushes with each contestant in turn, again and again: first, with nothing changed, with one line changed.
 * The first contestant is ours. Throws where an image is not what it should be.
 */
export async function measureBuilds(
  place: Workplace,
  contestants: readonly Contestant[],
  { id, edited, words, registry }: BuildsOptions,
): Promise<readonly Row[]> {
  const times = new Map<string, Record<State, Timed[]>>();
  const sizes = new Map<string, number>();
  for (const { name } of contestants) times.set(name, { first: [], unchanged: [], line: [] });
  for (let round = 1; round <= place.runs && (round === 1 || !place.enough()); round += 1) {
    for (const contestant of contestants) {
      place.say(`${id}, round ${round} of ${place.runs}: ${contestant.name}`);
      await registry.reset();
      await contestant.reset();
      const own = times.get(contestant.name);
      const file = join(contestant.script.folder, edited);
      const before = await readFile(file, 'utf8');
      if (!before.includes(words)) throw new Error(`${file} does not contain ${words}`);
      const look = () => registry.image(contestant.repository, contestant.tag);
      try {
        own?.first.push(await time(contestant.script));
        const first = await look();
        sizes.set(contestant.name, first.bytes);
        own?.unchanged.push(await time(contestant.script));
        await writeFile(file, before.replace(words, `${words} ${round}`));
        // Tools that look at times of files may overlook a change in the same moment.
        await wait(1100);
        own?.line.push(await time(contestant.script));
        if ((await look()).digest === first.digest)
          throw new Error(`the image of ${contestant.name} has not changed with its sources`);
      } finally {
        await writeFile(file, before);
      }
    }
  }
  const [ours, ...others] = contestants;
  const rows = states.map((state): Row => {
    const spread = (name: string) => spreadOf(times.get(name)?.[state] ?? []);
    return {
      id: `${id}/${state}`,
      what: texts[state],
      unit: 's',
      ours: spread(ours?.name ?? ''),
      peers: others.map(({ name }) => ({ name, spread: spread(name) })),
    };
  });
  const megabytes = (name: string) => single((sizes.get(name) ?? 0) / 1e6);
  const size: Row = {
    id: `${id}/size`,
    what: 'image, compressed, with its base',
    unit: 'MB',
    ours: megabytes(ours?.name ?? ''),
    peers: others.map(({ name }) => ({ name, spread: megabytes(name) })),
  };
  return [...rows, size];
}
