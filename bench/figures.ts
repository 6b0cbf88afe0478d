/** What repeated measurements of one thing gave. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly runs: number;
  /** Seconds of processor time, user and system, of the run in the middle; absent where it is not a duration. */
  readonly cpu?: number;
}

/** How another tool did. */
export interface Peer {
  readonly name: string;
  readonly spread: Spread;
  /** Measured elsewhere by others, and only cited. */
  readonly published?: boolean;
}

/** Units of rows; of `1/s` more is better, of all others less is. */
export type Unit = 's' | 'ms' | 'MiB' | 'MB' | '%' | '1/s' | 'requests';

/** A line of the results. */
export interface Row {
  /** Never changes, so that what is asked and why it is not reached stay with it: `node/first`. */
  readonly id: string;
  readonly what: string;
  readonly unit: Unit;
  readonly ours: Spread;
  readonly peers: readonly Peer[];
  /** What the measuring itself knows to be asked; asked.json goes before it. */
  readonly asked?: number;
}

/** One part of the benchmark, as it was last measured. */
export interface PartResult {
  readonly name: string;
  readonly title: string;
  /** When it began, ISO 8601. */
  readonly at: string;
  readonly seconds: number;
  /** The machine's load average, of one minute, before and after: other work makes figures worse. */
  readonly load: readonly [before: number, after: number];
  readonly rows: readonly Row[];
  /** How it was measured, for whoever wants to do it again. */
  readonly notes: readonly string[];
  /** Why there are no rows. */
  readonly failed?: string;
}

/** A duration with the processor time that it took, in seconds. */
export interface Timed {
  readonly wall: number;
  readonly cpu: number;
}

/** The spread of durations. */
export function spreadOf(times: readonly Timed[]): Spread {
  const sorted = times.toSorted((one, other) => one.wall - other.wall);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  return { ...spread(times.map(({ wall }) => wall)), ...(middle === undefined ? {} : { cpu: middle.cpu }) };
}

/** The spread of values: the median is one that was measured, the lower of two in the middle. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other);
  const [least, median, most] = [sorted[0], sorted[Math.floor((sorted.length - 1) / 2)], sorted.at(-1)];
  if (least === undefined || median === undefined || most === undefined)
    throw new RangeError('nothing was measured');
  return { median, least, most, runs: values.length };
}

/** A value that was measured once, or cited. */
export function single(value: number): Spread {
  return spread([value]);
}

/** How many times better ours is than a peer's: above 1 is better. */
export function ratio({ ours, unit }: Pick<Row, 'ours' | 'unit'>, peer: Peer): number {
  return unit === '1/s' ? ours.median / peer.spread.median : peer.spread.median / ours.median;
}

/** Whether a median is within what is asked. */
export function reached(unit: Unit, median: number, asked: number): boolean {
  return unit === '1/s' ? median >= asked : median <= asked;
}
