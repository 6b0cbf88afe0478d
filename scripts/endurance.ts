import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeMachine } from '../bench/machine.ts';
import { faults } from '../test/endurance/faults.ts';
import { fuzz } from '../test/endurance/fuzz.ts';
import { Journal } from '../test/endurance/journal.ts';
import { firstKills, kills } from '../test/endurance/kills.ts';
import { type Options, optionsFrom, type Part, usage } from '../test/endurance/options.ts';
import { randomFrom } from '../test/endurance/random.ts';
import { removals } from '../test/endurance/removals.ts';
import { withResult } from '../test/endurance/report.ts';
import { rollouts } from '../test/endurance/rollouts.ts';
import { World } from '../test/endurance/world.ts';

/*
 * Everything is killed and broken on purpose, for hours: `npm run test:endurance`. Each part writes its result to
 * bench/endurance.md when it is done, so that a run can be gone on with by `--only`.
 */
const root = join(import.meta.dirname, '..');
const page = join(root, 'bench/endurance.md');

const work: Readonly<Record<Part, (journal: Journal, options: Options) => Promise<void>>> = {
  kills: (journal, { seed, moments }) =>
    inWorld((world) => kills(world, journal, { random: randomFrom(seed), moments })),
  firsts: (journal, { seed, moments }) =>
    inWorld((world) => firstKills(world, journal, { random: randomFrom(seed), moments })),
  faults: (journal, { seed }) => faults(journal, { seed }),
  removals: (journal, { seed, moments }) =>
    inWorld((world) => removals(world, journal, { random: randomFrom(seed), moments })),
  rollouts: (journal, options) => inWorld((world) => rollouts(world, journal, { times: options.rollouts })),
  fuzz: (journal, { seed, factor }) => fuzz(journal, { seed, factor }),
};

async function inWorld(visit: (world: World) => Promise<void>): Promise<void> {
  const world = new World();
  try {
    await visit(world);
  } finally {
    await world.remove();
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

const options = read();
const command = `npm run test:endurance -- --moments ${options.moments} --seed ${options.seed}`;
process.stdout.write(`${command}\n`);
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
const machine = Object.values(describeMachine()).join(', ');
for (const part of options.only) {
  const log = join(tmpdir(), `ptp-endurance-${part}-${options.seed}.jsonl`);
  process.stdout.write(`\n${part}; each attempt goes to ${log}\n`);
  const journal = new Journal(log, options.match);
  const date = new Date().toISOString().slice(0, 10);
  await work[part](journal, options).catch((error: Error) =>
    journal.attempt(part, `the part as a whole ${options.match ?? ''}`, () => Promise.reject(error)),
  );
  const { attempts, notes } = journal;
  if (options.match === undefined)
    writeFileSync(
      page,
      withResult(textOf(page), {
        part,
        date,
        commit,
        machine,
        command: `${command} --only ${part}`,
        attempts,
        notes,
      }),
    );
  const failed = attempts.filter(({ ok }) => !ok).length;
  process.stdout.write(`${part}: ${attempts.length - failed} passed, ${failed} failed\n`);
  if (failed > 0 || attempts.length === 0) process.exitCode = 1;
}

function read(): Options {
  try {
    return optionsFrom(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${usage}\n`);
    process.exit(2);
  }
}
