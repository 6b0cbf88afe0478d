import { homedir } from 'node:os';
import { join } from 'node:path';
import { components } from '../../path/src/cluster/local/source/components.ts';
import { obtain } from '../../path/src/cluster/local/source/obtain.ts';
import type { Context } from '../../path/src/effects/context.ts';
import { nodeClock } from '../../path/src/effects/node/clock.ts';
import { nodeProcesses } from '../../path/src/effects/node/processes.ts';

/**
 * The path of a program that local clusters run, as the tool itself obtains it: from its cache, otherwise compiled or
 * downloaded, which takes minutes on a new machine. Tests run the real thing, so its absence is a failure.
 */
export async function componentProgram(name: string, program: string): Promise<string> {
  const component = components.find((one) => one.name === name);
  if (component === undefined) throw new Error(`no component is called ${name}`);
  const { folder } = await obtain(context(), component);
  return join(folder, 'bin', program);
}

/** Obtains every program that local clusters run, one after the other: each compiles on every core. */
export async function everyComponent(): Promise<void> {
  for (const component of components) await obtain(context(), component);
}

function context(): Context {
  return {
    // Minutes of compiling should not look like a test that hangs.
    emit: (event) => {
      if (event.kind === 'task-done') process.stderr.write(`${event.task}: ${event.seconds.toFixed(0)} s\n`);
    },
    clock: nodeClock,
    processes: nodeProcesses,
    cache: process.env.PTP_CACHE ?? join(homedir(), '.cache/ptp'),
    signal: new AbortController().signal,
  };
}
