/** One thing whose version would change. */
export interface VersionChange {
  readonly name: string;
  /** Absent: it is new; absent `to`: it goes. */
  readonly from?: string;
  readonly to?: string;
  /** Why it matters: `security update`, `patch version of backend`. */
  readonly why: string;
}

/** What belongs together and becomes one release. */
export interface Upgrade {
  /** `base`: packages that images stand on; `postgres`: the database's server; `npm`: what components depend on. */
  readonly kind: 'base' | 'postgres' | 'npm';
  readonly changes: readonly VersionChange[];
}

/** An upgrade that was made: the release that it became. */
export interface Upgraded {
  readonly kind: Upgrade['kind'];
  readonly release: number;
  readonly rolled: readonly string[];
}
