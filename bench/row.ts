/** One line of the results. */
export interface Row {
  /** What it is measured on: a heading. */
  readonly group: string;
  /** Unique in all the results: reasons are kept by it. */
  readonly name: string;
  readonly unit: 's' | 'ms' | 'MiB' | 'MB' | '1/s' | '%' | 'requests';
  /** The median where it was measured several times. */
  readonly value: number;
  readonly runs?: Runs;
  /** What the same costs elsewhere. */
  readonly peer?: Peer;
  /** What is asked: at most, or at least where more is better (`1/s`). */
  readonly asked?: number;
}

/** How much the runs differ. */
export interface Runs {
  readonly count: number;
  readonly least: number;
  readonly most: number;
}

/** A figure to hold ours against. */
export interface Peer {
  readonly name: string;
  readonly value: number;
  /** Measured in the same run, on this machine; otherwise it was published, or measured on another day. */
  readonly here: boolean;
}

/** How many times better than the peer: above 1 we are ahead. */
export function ratio({ unit, value, peer }: Pick<Row, 'unit' | 'value' | 'peer'>): number | undefined {
  if (peer === undefined || value === 0 || peer.value === 0) return undefined;
  return unit === '1/s' ? value / peer.value : peer.value / value;
}

/** Whether what is asked is reached; undefined where nothing is asked. */
export function reached({ unit, value, asked }: Pick<Row, 'unit' | 'value' | 'asked'>): boolean | undefined {
  if (asked === undefined) return undefined;
  return unit === '1/s' ? value >= asked : value <= asked;
}

/** The median of measured values and how far they lie apart. Throws where there is none. */
export function summed(values: readonly number[]): { readonly value: number; readonly runs: Runs } {
  const sorted = [...values].sort((one, other) => one - other);
  const [low, high] = [
    sorted[Math.floor((sorted.length - 1) / 2)],
    sorted[Math.ceil((sorted.length - 1) / 2)],
  ];
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (low === undefined || high === undefined || least === undefined || most === undefined)
    throw new Error('nothing was measured');
  return { value: (low + high) / 2, runs: { count: sorted.length, least, most } };
}
