import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../path/src/effects/context.ts';
import { nodeClock } from '../path/src/effects/node/clock.ts';
import { nodeProcesses } from '../path/src/effects/node/processes.ts';

/** The repository. */
export const root = join(import.meta.dirname, '..');

/** The tool as a user calls it. */
export const ptp = `'${process.execPath}' '${join(root, 'path/bin/ptp.mjs')}'`;

/** What all parts have. */
export interface Workplace {
  /** The user's own cache of the tool: compiled programs, Debian packages. */
  readonly cache: string;
  /** A folder for what the benchmark keeps between runs: peers, their caches. */
  readonly folder: string;
  /** How often each thing is measured. */
  readonly runs: number;
  /** Tells what is being done. */
  say(text: string): void;
  /** Whether the part has taken its time: what was measured once is not measured again then. */
  enough(): boolean;
  /** Has something done at the end, also of a run that is stopped; the answer does it now, once. */
  atEnd(undo: () => Promise<void>): () => Promise<void>;
}

/** What each part is given beside its own. */
export type Desk = Pick<Workplace, 'say' | 'enough' | 'atEnd'>;

/** Makes the place to work in. */
export async function openWorkplace(runs: number, desk: Desk): Promise<Workplace> {
  const cache = process.env.PTP_CACHE ?? join(homedir(), '.cache/ptp');
  const folder = join(cache, 'bench');
  await mkdir(folder, { recursive: true });
  return { cache, folder, runs, ...desk };
}

/** The tool's own functions, for what is prepared and not measured. */
export function contextFor(cache: string): Context {
  return {
    emit: () => {},
    clock: nodeClock,
    processes: nodeProcesses,
    cache,
    signal: new AbortController().signal,
  };
}
