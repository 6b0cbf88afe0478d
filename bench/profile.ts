import { basename } from 'node:path';

/** What V8 writes for --cpu-prof. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  readonly startTime: number;
  readonly endTime: number;
  readonly samples: readonly number[];
  /** Microseconds. */
  readonly timeDeltas: readonly number[];
}

/** Milliseconds by a name, the most first. */
export type Shares = readonly (readonly [name: string, milliseconds: number])[];

/** Where a process spent its time. */
export interface Summary {
  readonly total: number;
  /** By part of the program: each sample belongs to the function that ran. */
  readonly areas: Shares;
  readonly functions: Shares;
}

/** Sums a profile up. Pure. */
export function summarize(profile: CpuProfile): Summary {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const areas = new Map<string, number>();
  const functions = new Map<string, number>();
  for (const [index, id] of profile.samples.entries()) {
    const frame = nodes.get(id);
    if (frame === undefined) continue;
    const milliseconds = (profile.timeDeltas[index] ?? 0) / 1000;
    const area = areaOf(frame);
    areas.set(area, (areas.get(area) ?? 0) + milliseconds);
    if (area === waiting) continue;
    const name = functionName(frame);
    functions.set(name, (functions.get(name) ?? 0) + milliseconds);
  }
  return {
    total: (profile.endTime - profile.startTime) / 1000,
    areas: mostFirst(areas),
    functions: mostFirst(functions),
  };
}

const waiting = 'waiting: for the cluster, the disk, other processes';
type Frame = CpuProfile['nodes'][number]['callFrame'];

function areaOf({ functionName, url }: Frame): string {
  if (functionName === '(idle)') return waiting;
  if (functionName === '(garbage collector)') return 'garbage collector';
  if (/^node:internal\/(modules|bootstrap)|compile/i.test(`${url} ${functionName}`)) return 'loading modules';
  const dependency = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (dependency !== undefined) return `package ${dependency}`;
  const own = /path\/src\/([^/]+)\//.exec(url)?.[1];
  if (own !== undefined) return `ptp: ${own}/`;
  if (url.includes('path/')) return 'ptp';
  if (/^node:(internal\/)?(tls|_tls|crypto|https?|_http|net|streams?|dns|timers)/.test(url))
    return 'Node.js: network, TLS';
  return url.startsWith('node:') ? 'Node.js: everything else' : 'V8 and the system';
}

function functionName({ functionName: name, url, lineNumber }: Frame): string {
  const place = url.replace(/^file:\/\//, '').replace(/^.*(path\/src|node_modules)\//, '');
  const shown =
    place === '' ? '' : ` (${place.startsWith('node:') ? place : place || basename(url)}:${lineNumber + 1})`;
  return `${name === '' ? '(module)' : name}${shown}`;
}

function mostFirst(all: ReadonlyMap<string, number>): Shares {
  return [...all].sort(([, one], [, other]) => other - one);
}
