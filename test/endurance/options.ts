import { parseArgs } from 'node:util';

/** The parts of the endurance tests, in their order. */
export const parts = ['kills', 'firsts', 'faults', 'removals', 'rollouts', 'fuzz'] as const;
export type Part = (typeof parts)[number];

/** What a run is to do. */
export interface Options {
  readonly only: readonly Part[];
  /** Random moments at which something is killed, on a cluster that runs and as often on one that is new. */
  readonly moments: number;
  readonly seed: number;
  /** How many rollouts follow each other under load. */
  readonly rollouts: number;
  /** How many times the usual number of draws the tests by lot make. */
  readonly factor: number;
  /** Only what has this in its name is tried, and the page of results stays as it is; absent: everything. */
  readonly match?: string;
}

export const usage = `npm run test:endurance -- [--only ${parts.join('|')}[,…]] [--moments 50] [--seed <number>] [--rollouts 20] [--factor 20] [--match 'all of pki']`;

/** Reads the words of the command line. Throws an Error that says what is wrong. */
export function optionsFrom(args: readonly string[], random: () => number = Math.random): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      moments: { type: 'string', default: '50' },
      seed: { type: 'string' },
      rollouts: { type: 'string', default: '20' },
      factor: { type: 'string', default: '20' },
      match: { type: 'string' },
    },
  });
  const named = values.only?.split(',') ?? parts;
  const only = parts.filter((part) => named.includes(part));
  if (only.length !== named.length) throw new Error(`--only takes ${parts.join(', ')}`);
  return {
    only,
    moments: whole('moments', values.moments),
    seed: values.seed === undefined ? Math.floor(random() * 1e9) : whole('seed', values.seed),
    rollouts: whole('rollouts', values.rollouts),
    factor: whole('factor', values.factor),
    ...(values.match === undefined ? {} : { match: values.match }),
  };
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} takes a whole number, not ${text}`);
  return value;
}
