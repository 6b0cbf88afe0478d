import type { LiveEvents, Topology } from '../../path/src/ui/model.ts';
import { type RunView, withLines } from './run-view.ts';

/** Requests a second and their mean, between two looks. */
export interface Flow {
  readonly rate: number;
  readonly failing: number;
  /** Milliseconds; absent where nothing was asked. */
  readonly mean?: number;
}

/** What the page knows of a system that it follows. */
export interface LiveState {
  readonly topology?: Topology;
  readonly releases?: LiveEvents['releases'];
  readonly run?: RunView;
  readonly trouble: string;
  /** By the part's name. */
  readonly flows: Readonly<Record<string, Flow>>;
  /** Of the way in, over the last minutes: requests a second. */
  readonly history: readonly number[];
  /** When counters were looked at, by part: milliseconds, and what they said. */
  readonly seen: Readonly<Record<string, Seen>>;
}

interface Seen {
  readonly at: number;
  readonly total: number;
  readonly failed: number;
  readonly seconds: number;
}

/** How many points of the history are kept: at two seconds each, three minutes. */
const kept = 90;

export const nothingYet: LiveState = { trouble: '', flows: {}, history: [], seen: {} };

/** The state after an event. `now`: milliseconds of a clock that never goes back. Pure. */
export function withEvent<Name extends keyof LiveEvents>(
  state: LiveState,
  name: Name,
  data: LiveEvents[Name],
  now: number,
): LiveState {
  switch (name) {
    case 'topology':
      return withTopology({ ...state, trouble: '' }, data as Topology, now);
    case 'releases':
      return { ...state, releases: data as LiveEvents['releases'], trouble: '' };
    case 'run': {
      const { anew, lines } = data as LiveEvents['run'];
      const run = withLines(anew ? undefined : state.run, lines);
      return run === undefined ? state : { ...state, run };
    }
    default:
      return { ...state, trouble: data as string };
  }
}

function withTopology(state: LiveState, topology: Topology, now: number): LiveState {
  const flows: Record<string, Flow> = { ...state.flows };
  const seen: Record<string, Seen> = { ...state.seen };
  let history = state.history;
  const way = topology.links.find(({ from }) => from === 'users')?.to;
  for (const { name, requests } of topology.parts) {
    if (requests === undefined) continue;
    const before = seen[name];
    // Pods change more often than counters are looked at.
    if (before !== undefined && now - before.at < 1500) continue;
    seen[name] = { at: now, ...requests };
    if (before === undefined) continue;
    // A pod that has gone took its counters with it.
    if (requests.total < before.total) continue;
    const seconds = (now - before.at) / 1000;
    const asked = requests.total - before.total;
    const flow: Flow = {
      rate: asked / seconds,
      failing: Math.max(0, requests.failed - before.failed) / seconds,
      ...(asked === 0 ? {} : { mean: (Math.max(0, requests.seconds - before.seconds) / asked) * 1000 }),
    };
    flows[name] = flow;
    if (name === way) history = [...history, flow.rate].slice(-kept);
  }
  return { ...state, topology, flows, seen, history };
}
