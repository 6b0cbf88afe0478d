import { type Ended, type JsonLine, type Place, startPtp } from './ptp.ts';

/** When a command is killed: at the so-manieth boundary that it tells of (from 1), or so long after its start. */
export type When = { readonly boundary: number } | { readonly milliseconds: number };

/** Signals that end a command: Ctrl-C, what a service manager sends, and what nothing can be done about. */
export const deadly = ['SIGINT', 'SIGTERM', 'SIGKILL'] as const;
export type Deadly = (typeof deadly)[number];

/** A command that was killed, or that was quicker. */
export interface Killed {
  /** What it had last told of when it was killed; undefined where it ended before. */
  readonly at: string | undefined;
  readonly ended: Ended;
  /** Seconds from the signal to the end. */
  readonly dying: number;
}

const boundaries = new Set([
  'step-started',
  'step-done',
  'task-done',
  'object-applied',
  'image-ready',
  'image-published',
  'planned',
  'vulnerabilities-looked-up',
  'credentials-looked-for',
  'traffic-measured',
]);

/** Whether a line of `--json` tells that something has begun or is done. */
export function isBoundary({ kind }: JsonLine): boolean {
  return boundaries.has(kind);
}

/** A line of `--json` in a few words. */
export function wordsOf(line: JsonLine): string {
  const which = line.object ?? line.image ?? line.reference ?? line.task ?? '';
  return [line.step, line.kind, which, line.change].filter(Boolean).join(' ');
}

/** Runs a command with `--json` and kills it then. */
export async function killed(
  place: Place,
  args: readonly string[],
  when: When,
  signal: Deadly,
): Promise<Killed> {
  const run = startPtp(place, [...args, '--json']);
  let seen = 0;
  let last: string | undefined = 'nothing';
  const reached = run
    .saw((line) => {
      if (!isBoundary(line)) return false;
      seen += 1;
      last = wordsOf(line);
      return 'boundary' in when && seen === when.boundary;
    })
    .catch(() => undefined);
  const late = 'milliseconds' in when ? pause(when.milliseconds) : reached;
  await Promise.race([late, run.ended]);
  const began = performance.now();
  const there = run.child.exitCode === null && run.child.signalCode === null && run.child.kill(signal);
  const at = last;
  const ended = await run.ended;
  return { at: there ? at : undefined, ended, dying: (performance.now() - began) / 1000 };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
