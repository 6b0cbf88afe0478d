import { StepFailed, UserMistake } from '../../core/failure.ts';
import type { DebianLock, LockedPackage, LockRequest } from './lock.ts';
import type { PackageIndex, PackageRecord } from './package-index.ts';
import { type Alternatives, accepts, type Relation, relationText } from './relation.ts';

/**
 * Packages that others depend on for their maintainer scripts alone. These scripts are never run here, so such a
 * dependency is not followed; a package that is asked for by name is taken all the same.
 */
const forScripts: ReadonlyMap<string, readonly string[]> = new Map([
  ['*', ['adduser', 'debconf', 'debconf-2.0', 'dpkg', 'init-system-helpers', 'install-info', 'ucf']],
  ['base-files', ['awk']],
  ['bash', ['debianutils', 'base-files']],
  ['ca-certificates', ['openssl']],
  ['dash', ['debianutils']],
]);

/**
 * Chooses a version of each wanted package and of what it depends on: the newest version that fits, the first
 * alternative that can be had, of several providers the first by name. Recommended and essential packages are not
 * added. An alternative that `without` names counts as there. The result depends on the request and the index only.
 * Throws UserMistake for a wanted package that the index lacks, StepFailed where dependencies can't be met.
 */
export function resolve(request: LockRequest, index: PackageIndex): DebianLock {
  const chosen = new Map<string, PackageRecord>();
  const reasons = new Map<string, string>();
  const needs = new Map<string, Set<string>>();
  const queue: PackageRecord[] = [];
  const choose = (record: PackageRecord, reason: string | undefined) => {
    chosen.set(record.name, record);
    if (reason !== undefined) reasons.set(record.name, reason);
    queue.push(record);
  };

  const missing: string[] = [];
  for (const name of request.packages) {
    const [record] = index.versions(name);
    if (record === undefined) missing.push(name);
    else choose(record, undefined);
  }
  if (missing.length > 0) throw new UserMistake(missing.map((name) => unknown(name, request, index)));

  for (let record = queue.shift(); record !== undefined; record = queue.shift()) {
    const dependent = record;
    const needed = new Set<string>();
    needs.set(dependent.name, needed);
    for (const group of dependent.depends) {
      if (isPruned(group, dependent, request)) continue;
      const there = chosenFor(group, chosen);
      const answer = there ?? (request.closed ? dependent : findFor(group, chosen, index));
      if (answer === undefined) throw unmet(group, dependent, reasons, chosen);
      if (there === undefined && !request.closed) choose(answer, dependent.name);
      if (answer.name !== dependent.name) needed.add(answer.name);
    }
  }
  return {
    version: 1,
    request,
    resolved: [...chosen.values()].map((one) => locked(one, needs)).sort(byName),
  };
}

function isPruned(group: Alternatives, dependent: PackageRecord, request: LockRequest): boolean {
  const scripts = [...(forScripts.get('*') ?? []), ...(forScripts.get(dependent.name) ?? [])];
  return group.some(({ name }) => request.without.includes(name) || scripts.includes(name));
}

function chosenFor(
  group: Alternatives,
  chosen: ReadonlyMap<string, PackageRecord>,
): PackageRecord | undefined {
  for (const relation of group) {
    const real = chosen.get(relation.name);
    if (real !== undefined && accepts(relation, real.version)) return real;
    for (const record of chosen.values()) if (provides(record, relation)) return record;
  }
  return undefined;
}

function findFor(
  group: Alternatives,
  chosen: ReadonlyMap<string, PackageRecord>,
  index: PackageIndex,
): PackageRecord | undefined {
  for (const relation of group) {
    const candidates = [
      ...index.versions(relation.name).filter((record) => accepts(relation, record.version)),
      ...index.providers(relation.name).filter((record) => provides(record, relation)),
    ];
    // another version of a package that is chosen already would be a second copy of its files
    const found = candidates.find((record) => !chosen.has(record.name));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A versioned relation is met by a versioned Provides only (Debian policy 7.5). */
function provides(record: PackageRecord, relation: Relation): boolean {
  return record.provides.some((group) =>
    group.some(
      (given) =>
        given.name === relation.name &&
        (relation.constraint === undefined ||
          (given.constraint !== undefined && accepts(relation, given.constraint.version))),
    ),
  );
}

function locked(record: PackageRecord, needs: ReadonlyMap<string, ReadonlySet<string>>): LockedPackage {
  const { name, version, architecture, archive, path, size, sha256 } = record;
  const depends = [...(needs.get(name) ?? [])].sort();
  return { name, version, architecture, archive, path, size, sha256, depends };
}

function byName(a: LockedPackage, b: LockedPackage): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function unknown(name: string, request: LockRequest, index: PackageIndex) {
  const providers = [...new Set(index.providers(name).map((record) => record.name))];
  return {
    what: `there is no package ${name} for ${request.architecture} in Debian ${request.suite}`,
    where: { key: 'packages' },
    next:
      providers.length > 0
        ? `Name one of the packages that provide it: ${providers.slice(0, 5).join(', ')}.`
        : 'Correct the name, or choose the suite that has it.',
  };
}

function unmet(
  group: Alternatives,
  dependent: PackageRecord,
  reasons: ReadonlyMap<string, string>,
  chosen: ReadonlyMap<string, PackageRecord>,
): StepFailed {
  const chain = [dependent.name];
  for (let name = reasons.get(dependent.name); name !== undefined; name = reasons.get(name))
    chain.unshift(name);
  const others = group.flatMap(({ name }) => chosen.get(name) ?? []);
  return new StepFailed({
    what: `${dependent.name} ${dependent.version} needs ${group.map(relationText).join(' or ')}, which can't be had`,
    next: `Take another package, or leave it out: without: [${group[0]?.name ?? ''}].`,
    details: [
      `wanted by ${chain.join(' → ')}`,
      ...others.map((other) => `chosen already: ${other.name} ${other.version}`),
    ],
  });
}
