/** One call that the tool makes of a cloud. */
export interface Call {
  /** Counted from 1, in the order in which they come. */
  readonly number: number;
  /** `eks CreateCluster`, `PUT /subscriptions/…` */
  readonly name: string;
  /** Whether it asks for something to become another than it is. */
  readonly changes: boolean;
}

/** What is to become of a call: it is answered as ever, refused, or takes effect and is never answered. */
export type Verdict =
  | 'answer'
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body: string }
  | 'take effect and break off'
  | 'break off';

/** A server that stands for a cloud, others' wherever there is one. */
export interface StandIn {
  /** What the tool's process has to find in its environment to go there. */
  readonly env: Readonly<Record<string, string>>;
  /** Every call so far. */
  readonly calls: readonly Call[];
  /** Is asked before each call is passed on; undefined: every call is answered. */
  intercept: ((call: Call) => Verdict | Promise<Verdict>) | undefined;
  /** All that is in the account, sorted, without times and random identifiers: equal where two accounts hold the same. */
  inventory(): Promise<readonly string[]>;
  /** Empties the account. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/** Where a stand-in says that things are which it cannot run itself. */
export interface Reality {
  /** The API server of the cluster that it tells of, and its authority, PEM. */
  readonly apiServer?: { readonly url: string; readonly authority: string };
  /** `host:port` of a registry that takes any credentials. */
  readonly registry?: string;
  /** A PostgreSQL server, and its authority, PEM. */
  readonly database?: { readonly host: string; readonly port: number; readonly authority: string };
}
