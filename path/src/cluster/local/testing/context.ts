import type { Event } from '../../../core/event.ts';
import type { Context } from '../../../effects/context.ts';
import { nodeClock } from '../../../effects/node/clock.ts';
import { nodeProcesses } from '../../../effects/node/processes.ts';

/** The machine's own effects with a cache of the test's, and what was told. */
export function testContext(cache: string): Context & { readonly events: Event[] } {
  const events: Event[] = [];
  return {
    emit: (event) => events.push(event),
    clock: nodeClock,
    processes: nodeProcesses,
    cache,
    signal: new AbortController().signal,
    events,
  };
}
