import semver from 'semver';

/**
 * The newest of some versions that is newer than one and fits a range; undefined where there is none. Versions may begin
 * with a `v`, as Go's do; those before a release (`-rc.1`) are none. Pure.
 * @param range as npm writes it: `~1.2.3`, `^1.2.3`
 */
export function newestOf(current: string, range: string, versions: readonly string[]): string | undefined {
  const newest = semver.maxSatisfying([...versions], range);
  return newest !== null && semver.gt(newest, current) ? newest : undefined;
}

/** The newest that differs from a version in its patch alone. Pure. */
export function newestPatch(current: string, versions: readonly string[]): string | undefined {
  return newestOf(current, `~${current}`, versions);
}
