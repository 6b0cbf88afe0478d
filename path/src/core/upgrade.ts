/** One thing whose version would change. */
export interface VersionChange {
  readonly name: string;
  /** Absent: it is new; absent `to`: it goes. */
  readonly from?: string;
  readonly to?: string;
  /** Why it matters: `security update`, `patch version of backend`. */
  readonly why: string;
}

/** What is pinned in a project's sources, each of which becomes one release. */
export type UpgradeKind = 'base' | 'postgres' | 'npm';

/** What belongs together and becomes one release. */
export interface Upgrade {
  /**
   * `base`: packages that images stand on; `postgres`: the database's server; `npm`: what components depend on; `ptp`:
   * what is pinned in the tool's own sources, which a newer ptp brings.
   */
  readonly kind: UpgradeKind | 'ptp';
  /** Whether `upgrade --apply` makes a release of it. */
  readonly applies: boolean;
  readonly changes: readonly VersionChange[];
}

/** What is newer, and of what it could not be learnt. */
export interface Upgrades {
  readonly upgrades: readonly Upgrade[];
  readonly unasked: readonly { readonly what: string; readonly why: string }[];
}

/** An upgrade that was made: the release that it became. */
export interface Upgraded {
  readonly kind: UpgradeKind;
  readonly release: number;
  readonly rolled: readonly string[];
}
