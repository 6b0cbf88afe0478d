import type { Package } from '../core/package.ts';
import type { Severity } from '../project/policy.ts';
import type { Advisory } from './advisory.ts';
import { affects } from './affected.ts';
import { worse } from './severity.ts';

/** One vulnerability in one package, whatever databases call it. */
export interface Finding {
  readonly package: Package;
  /** All names that it has, the best known first. */
  readonly ids: readonly string[];
  /** What a Debian advisory of several vulnerabilities is about: accepting all of these accepts it. */
  readonly parts: readonly string[];
  readonly summary: string;
  /** Absent: nobody has rated it. */
  readonly severity?: Severity;
  readonly malicious?: true;
  /** The version that mends it; absent: there is none. */
  readonly fixed?: string;
}

/** The vulnerabilities of one package among the advisories about it, each once. Pure. */
export function findingsOf(found: Package, advisories: readonly Advisory[]): readonly Finding[] {
  const hits = advisories.flatMap((advisory) => {
    const affected = affects(advisory, found.version, found.ecosystem);
    return affected === undefined ? [] : [{ advisory, ...affected }];
  });
  const groups = grouped(hits);
  const single = new Set(groups.flatMap((group) => group.flatMap(({ advisory }) => namesOf(advisory))));
  return groups
    .filter((group) => !isSumOf(group, single))
    .map((group) => findingOf(found, group))
    .toSorted((one, other) => (one.ids.join() < other.ids.join() ? -1 : 1));
}

interface Hit {
  readonly advisory: Advisory;
  readonly fixed?: string;
}

/** Advisories that share a name are one vulnerability (schema 1.7, "aliases" are symmetric and transitive). */
function grouped(hits: readonly Hit[]): readonly (readonly Hit[])[] {
  const groups: { readonly names: Set<string>; readonly hits: Hit[] }[] = [];
  for (const hit of hits) {
    const own = namesOf(hit.advisory);
    const touched = groups.filter(({ names }) => own.some((name) => names.has(name)));
    const merged = {
      names: new Set([...touched.flatMap(({ names }) => [...names]), ...own]),
      hits: [...touched.flatMap((group) => group.hits), hit],
    };
    for (const group of touched) groups.splice(groups.indexOf(group), 1);
    groups.push(merged);
  }
  return groups.map((group) => group.hits);
}

/** What an advisory calls its vulnerability; one that is about several has only its own names. */
function namesOf({ id, aliases, upstream }: Advisory): readonly string[] {
  return [id, ...aliases, ...(upstream.length === 1 ? upstream : [])];
}

/** Whether a group only says together what others say one by one: DSA-6000-1 beside each of its CVEs. */
function isSumOf(group: readonly Hit[], single: ReadonlySet<string>): boolean {
  return group.every(
    ({ advisory: { upstream } }) => upstream.length > 1 && upstream.every((name) => single.has(name)),
  );
}

function findingOf(found: Package, group: readonly Hit[]): Finding {
  const advisories = group.map(({ advisory }) => advisory);
  const ids = [...new Set(advisories.flatMap(namesOf))].toSorted(byFame);
  const decided = advisories.find((one) => one.decided === true)?.severity;
  const rated = advisories.map((one) => one.severity);
  const severity = decided ?? rated.reduce(worse, undefined);
  const malicious = advisories.some((one) => one.malicious === true);
  // Where several mend it, the one that is told first by whoever publishes the package's own ecosystem.
  const fixed = group.find((one) => one.fixed !== undefined)?.fixed;
  return {
    package: found,
    ids,
    parts: [...new Set(advisories.flatMap(({ upstream }) => (upstream.length > 1 ? upstream : [])))],
    summary: advisories.map(({ summary }) => summary).find((text) => text !== '') ?? '',
    ...(severity === undefined ? {} : { severity: malicious ? 'critical' : severity }),
    ...(malicious ? { malicious } : {}),
    ...(fixed === undefined ? {} : { fixed }),
  };
}

const fame = [/^MAL-/, /^CVE-/, /^GHSA-/, /^DSA-/, /^DLA-/, /^GO-/];

function byFame(one: string, other: string): number {
  const rank = (id: string) => {
    const at = fame.findIndex((form) => form.test(id));
    return at === -1 ? fame.length : at;
  };
  return rank(one) - rank(other) || (one < other ? -1 : one > other ? 1 : 0);
}
