/** What a system costs a month on its target, and what would cost less. JSON can carry it. */
export interface CostReport {
  /** What prices are: of whom, where, as of when; or that there are none. */
  readonly basis: string;
  /** `USD`; absent where nothing is priced. */
  readonly currency?: string;
  /** The date of the prices; absent where nothing is priced. */
  readonly priced?: string;
  readonly rows: readonly CostRow[];
  /** What the nodes have, what is asked of them and what is used: processors and bytes. */
  readonly nodes: {
    readonly count: number;
    readonly capacity: Resources;
    readonly requested: Resources;
    readonly used: Resources;
  };
  /** A month, of all of it; absent where nothing is priced. */
  readonly month?: number;
  /** The share of what is paid for that nothing uses (0 to 1); absent where use is not known. */
  readonly idle?: number;
  readonly savings: readonly Saving[];
  readonly notes: readonly string[];
}

/** Processors and bytes of memory. */
export interface Resources {
  readonly cpu: number;
  readonly memory: number;
}

/** What one part costs. */
export interface CostRow {
  readonly name: string;
  /** `bill`: an item that a cloud takes money for. */
  readonly kind: 'component' | 'service' | 'cluster' | 'free' | 'bill';
  readonly copies: number;
  /** Of all copies together. */
  readonly requested: Resources;
  /** Of all copies together; absent where nodes do not tell. */
  readonly used?: Resources;
  /** A month; absent where nothing is priced. */
  readonly month?: number;
}

/** A change that would cost less. */
export interface Saving {
  readonly name: string;
  /** What to do, in a sentence. */
  readonly what: string;
  /** What to write into ptp.yaml, where that is how. */
  readonly plan?: string;
  /** The same by key and value, for `ptp cost --apply`; absent: it is nothing that ptp.yaml says. */
  readonly edits?: readonly {
    readonly path: readonly string[];
    readonly value: string | number | Readonly<Record<string, string | number>>;
  }[];
  /** The command that makes a release of it, where ptp.yaml decides it. */
  readonly command?: string;
  /** A month; absent where nothing is priced. */
  readonly month?: number;
  /** What is freed, where no price says it. */
  readonly frees?: Resources;
  /** What it may do to users. */
  readonly risk: string;
}

/** What copies of a component have used in the time that the monitoring has seen: processors and bytes of one copy. */
export interface ObservedUse {
  readonly part: string;
  /** What 95 of 100 moments did not go beyond. */
  readonly cpu95: number;
  readonly cpuMost: number;
  /** What 99 of 100 moments did not go beyond. */
  readonly memory99: number;
  readonly memoryMost: number;
  /** How long it was seen; a week at most. */
  readonly seconds: number;
}

/** What a saving is called on the command line: `right-size-web`. Pure. */
export function savingWord({ name }: Pick<Saving, 'name'>): string {
  return name.replaceAll(' ', '-');
}
