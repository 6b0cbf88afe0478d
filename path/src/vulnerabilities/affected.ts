import coerce from 'semver/functions/coerce.js';
import compareSemver from 'semver/functions/compare.js';
import parse from 'semver/functions/parse.js';
import { compareVersions } from '../core/debian-version.ts';
import type { PackageEcosystem } from '../core/package.ts';
import type { Advisory, Range } from './advisory.ts';

/** Compares two versions; undefined where one of them is none. */
type Compare = (one: string, other: string) => number | undefined;

/** That a version is affected, and by which version it is not any more; absent: there is none. */
export interface Affected {
  readonly fixed?: string;
}

/**
 * Whether an advisory is about a version (OSV schema 1.7, "Evaluation"); undefined where not. A version in several
 * ranges is mended when it has left all of them.
 */
export function affects(
  { ranges, versions }: Pick<Advisory, 'ranges' | 'versions'>,
  version: string,
  ecosystem: PackageEcosystem,
): Affected | undefined {
  const compare = comparisons[ecosystem];
  const within = ranges.flatMap((range) => withinRange(range, version, compare) ?? []);
  if (within.length === 0) {
    const bare = (text: string) => (ecosystem === 'golang' ? text.replace(/^v/, '') : text);
    return versions.some((one) => bare(one) === bare(version)) ? {} : undefined;
  }
  const fixes = within.flatMap(({ fixed }) => (fixed === undefined ? [] : [fixed]));
  const last = fixes.toSorted((one, other) => compare(one, other) ?? 0).at(-1);
  return last === undefined || fixes.length < within.length ? {} : { fixed: last };
}

const comparisons: Readonly<Record<PackageEcosystem, Compare>> = {
  debian: compareVersions,
  npm: (one, other) => semverOrder(one, other),
  golang: (one, other) => semverOrder(goVersion(one), goVersion(other)),
};

function semverOrder(one: string, other: string): number | undefined {
  const [left, right] = [parse(one, { loose: true }), parse(other, { loose: true })];
  return left === null || right === null ? undefined : compareSemver(left, right);
}

/** A version of a module or of Go itself as Semantic Versioning writes it: `1.26.0-rc.1` for `go1.26rc1`. */
function goVersion(text: string): string {
  const own = /^(?:go|v)?(?<number>\d+(?:\.\d+){0,2})(?:(?<kind>rc|beta|alpha)(?<count>\d+))?$/.exec(
    text,
  )?.groups;
  if (own === undefined) return text.replace(/^v/, '');
  const number = coerce(own.number)?.version ?? text;
  return own.kind === undefined ? number : `${number}-${own.kind}.${own.count}`;
}

function withinRange({ events }: Range, version: string, compare: Compare): Affected | undefined {
  // "0" stands before every version.
  const order = (one: string, other: string): number | undefined => {
    if (one === other) return 0;
    if (one === '0') return -1;
    return other === '0' ? 1 : compare(one, other);
  };
  // Of what is no version nothing can be said; without an event that is none, more is affected and not less.
  if (compare(version, version) === undefined) return undefined;
  const known = events.filter(([, at]) => at === '*' || order(version, at) !== undefined);
  const limits = known.filter(([kind, at]) => kind === 'limit' && at !== '*');
  if (limits.length > 0 && !limits.some(([, at]) => (order(version, at) ?? 0) < 0)) return undefined;
  const walk = known
    .filter(([kind]) => kind !== 'limit')
    .toSorted(([, one], [, other]) => order(one, other) ?? 0);
  let inside = false;
  for (const [kind, at] of walk) {
    const place = order(version, at) ?? 0;
    if (kind === 'introduced' && place >= 0) inside = true;
    else if (kind === 'fixed' && place >= 0) inside = false;
    else if (kind === 'last_affected' && place > 0) inside = false;
  }
  if (!inside) return undefined;
  const fixed = walk.find(([kind, at]) => kind === 'fixed' && (order(at, version) ?? 0) > 0)?.[1];
  return fixed === undefined ? {} : { fixed };
}
