import type { Severity } from '../project/policy.ts';
import { ratingOf } from './rating.ts';

/** Versions between events, as a range of OSV says them (schema 1.7, "affected[].ranges[]"). */
export interface Range {
  readonly type: 'SEMVER' | 'ECOSYSTEM';
  readonly events: readonly (readonly [kind: EventKind, version: string])[];
}
export type EventKind = 'introduced' | 'fixed' | 'last_affected' | 'limit';

/** What an entry of OSV says about one package: what it takes to find it, and no more. */
export interface Advisory {
  readonly id: string;
  /** Other names of the same vulnerability. */
  readonly aliases: readonly string[];
  /** Vulnerabilities that it is about, in other databases' names: those that a Debian advisory mends. */
  readonly upstream: readonly string[];
  readonly summary: string;
  /** Absent: nobody has rated it. */
  readonly severity?: Severity;
  /** Whether its word on the severity is the last one: Debian's, that what it builds is not affected. */
  readonly decided?: true;
  /** The package itself was made to do harm. */
  readonly malicious?: true;
  readonly ranges: readonly Range[];
  /** Versions that are affected beside those in ranges. */
  readonly versions: readonly string[];
}

/** An entry of OSV as it is indexed. */
export interface Entry {
  /** When it was last changed; what is no date is undefined. */
  readonly modified?: Date;
  /** By the package's key: `npm lodash`, `Debian:13 openssl`. */
  readonly affected: ReadonlyMap<string, Advisory>;
}

type Fields = Readonly<Record<string, unknown>>;

const kinds: readonly EventKind[] = ['introduced', 'fixed', 'last_affected', 'limit'];
const longest = { id: 100, version: 200, name: 400, summary: 160 };

/** What an index knows a package by. */
export function packageKey(ecosystem: string, name: string): string {
  return `${ecosystem} ${name}`;
}

/**
 * Reads an entry of OSV (schema 1.7) of whatever shape: what is not as the schema has it counts as left out. Undefined
 * where it is none at all; one that was withdrawn affects nothing. `ecosystems` names those that are wanted.
 */
export function readEntry(value: unknown, ecosystems: ReadonlySet<string>): Entry | undefined {
  const entry = fields(value);
  const id = text(entry.id, longest.id);
  if (id === undefined || !Array.isArray(entry.affected)) return undefined;
  const modified = dateOf(entry.modified);
  const affected = new Map<string, Advisory>();
  if (entry.withdrawn === undefined || entry.withdrawn === null) {
    for (const one of entry.affected.map(fields)) {
      const { ecosystem, name } = fields(one.package);
      const of = text(ecosystem, longest.id);
      const called = text(name, longest.name);
      if (of === undefined || called === undefined || !ecosystems.has(of)) continue;
      const key = packageKey(of, called);
      const advisory = advisoryOf(id, entry, one, of);
      const there = affected.get(key);
      affected.set(key, there === undefined ? advisory : together(there, advisory));
    }
  }
  return { ...(modified === undefined ? {} : { modified }), affected };
}

function advisoryOf(id: string, entry: Fields, affected: Fields, ecosystem: string): Advisory {
  const ranges = list(affected.ranges).flatMap((range) => rangeOf(fields(range)) ?? []);
  const { severity, decided } = ratingOf(entry, affected);
  const malicious = id.startsWith('MAL-');
  const rated = malicious ? 'critical' : severity;
  // Debian's lists of versions are those within the ranges, and longer than all else.
  const listed = ecosystem.startsWith('Debian') && ranges.length > 0 ? [] : texts(affected.versions);
  return {
    id,
    aliases: texts(entry.aliases),
    upstream: texts(entry.upstream),
    summary: (text(entry.summary, Number.MAX_SAFE_INTEGER) ?? '').slice(0, longest.summary),
    ...(rated === undefined ? {} : { severity: rated }),
    ...(decided ? { decided } : {}),
    ...(malicious ? { malicious } : {}),
    ranges,
    versions: listed,
  };
}

/** An entry may name a package several times, as for several branches. */
function together(one: Advisory, other: Advisory): Advisory {
  return {
    ...one,
    ranges: [...one.ranges, ...other.ranges],
    versions: [...one.versions, ...other.versions],
  };
}

function rangeOf({ type, events }: Fields): Range | undefined {
  if (type !== 'SEMVER' && type !== 'ECOSYSTEM') return undefined;
  const read = list(events).flatMap((event) =>
    kinds.flatMap((kind) => {
      const version = text(fields(event)[kind], longest.version);
      return version === undefined ? [] : ([[kind, version]] as const);
    }),
  );
  return read.some(([kind]) => kind === 'introduced') ? { type, events: read } : undefined;
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function texts(value: unknown): readonly string[] {
  return list(value).flatMap((one) => text(one, longest.version) ?? []);
}

function text(value: unknown, most: number): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= most ? value : undefined;
}

function dateOf(value: unknown): Date | undefined {
  const date = typeof value === 'string' ? new Date(value) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}
