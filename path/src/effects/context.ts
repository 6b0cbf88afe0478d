import type { Emit } from '../core/event.ts';
import type { Clock } from './clock.ts';
import type { Processes } from './processes.ts';

/**
 * What a step may touch. Files and HTTP are used directly (node:fs, undici) and tested on real temporary folders
 * and real servers; time and programs are handed in because a test must be able to hold them still.
 */
export interface Context {
  readonly emit: Emit;
  readonly clock: Clock;
  readonly processes: Processes;
  /** The folder for everything that can be made again: `~/.cache/ptp`. */
  readonly cache: string;
  /** Take fields over that someone else has changed in the cluster, instead of saying whose they are. */
  readonly overrule?: boolean;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
}
