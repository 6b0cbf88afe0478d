import { join } from 'node:path';
import { type Problem, StepFailed, UserMistake } from '../core/failure.ts';
import type { ImageContents, Package, PendingUpdate } from '../core/package.ts';
import type { Context } from '../effects/context.ts';
import { readSealed, sealedEnding, writeSealed } from '../oci/sealed.ts';
import { severities, usualPolicy, type VulnerabilityPolicy } from '../project/policy.ts';
import type { Project } from '../project/project.ts';
import type { Database } from './database.ts';
import type { Finding } from './findings.ts';
import { advisedName, type JudgedFinding, judge } from './judge.ts';

/** Raise it when the same packages and the same database shall give other findings. */
const edition = 1;
const week = 7 * 24 * 60 * 60 * 1000;

/** What was found in images, the worst first. */
export interface VulnerabilityReport {
  /** False where no database could be had. */
  readonly looked: boolean;
  readonly packages: number;
  /** How old what the database knows is. */
  readonly databaseDate?: Date;
  readonly findings: readonly JudgedFinding[];
}

/** What may be handed in beside images. */
export interface LookOptions {
  /** Newer versions in Debian's security updates. */
  readonly pending?: readonly PendingUpdate[];
  /** This process's where it is left out: `PTP_OSV` names a database. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Looks the packages of images up in a database of known vulnerabilities and applies the project's policy. Emits what
 * stops nothing as warnings, and `vulnerabilities-looked-up` with all findings. The same packages are looked up once
 * in the same database.
 *
 * Throws UserMistake with every package that the policy does not let through, StepFailed where it wants a database and
 * none can be had.
 */
export async function lookForVulnerabilities(
  context: Context,
  project: Pick<Project, 'folder' | 'vulnerabilities'>,
  images: readonly ImageContents[],
  { pending = [], env = process.env }: LookOptions = {},
): Promise<VulnerabilityReport> {
  const policy = project.vulnerabilities ?? usualPolicy;
  const packages = [...new Map(images.flatMap((one) => one.packages).map((one) => [one.purl, one])).values()];
  const database = await databaseOrTold(context, { policy, folder: project.folder, env, packages });
  const found = database === undefined ? [] : await foundIn(context, database, packages);
  const judgement = judge({
    findings: found.map((finding) => ({ ...finding, images: imagesWith(images, finding.package) })),
    pending,
    policy,
    now: context.clock.now(),
    file: join(project.folder, 'ptp.yaml'),
  });
  const report: VulnerabilityReport = {
    looked: database !== undefined || packages.length === 0,
    packages: packages.length,
    ...(database?.date === undefined ? {} : { databaseDate: database.date }),
    findings: judgement.findings.toSorted((one, other) => rank(one) - rank(other)),
  };
  context.emit({ kind: 'vulnerabilities-looked-up', step: 'inspect', ...eventOf(report) });
  for (const problem of judgement.warnings) context.emit({ kind: 'warning', step: 'inspect', problem });
  if (judgement.blocking.length > 0) throw new UserMistake(judgement.blocking);
  return report;
}

interface Question {
  readonly policy: VulnerabilityPolicy;
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly packages: readonly Package[];
}

/** The database; undefined, and told, where there is none. Throws StepFailed where the policy wants one. */
async function databaseOrTold(context: Context, question: Question): Promise<Database | undefined> {
  const { policy, folder, env, packages } = question;
  const ecosystems = [...new Set(packages.map(ecosystemOf))].toSorted();
  const [{ findDatabase }, { openDatabase }] = await Promise.all([
    import('./place.ts'),
    import('./database.ts'),
  ]);
  const place = await findDatabase(policy.database, folder, env);
  if (ecosystems.length === 0) return undefined;
  try {
    const database = await openDatabase(context, place, ecosystems);
    const missing = database.missing.map(({ ecosystem, why }) => `${ecosystem}: ${why}`);
    if (missing.length > 0) tellMissing('in some packages: the database knows none like them', missing);
    for (const problem of doubtsOf(database, context.clock.now())) {
      context.emit({ kind: 'warning', step: 'inspect', problem });
    }
    return database;
  } catch (error) {
    if (error instanceof NoDatabase || !(error instanceof StepFailed)) throw error;
    tellMissing(
      'in the images: there is no database of them',
      error.problems.map(({ what }) => what),
    );
    return undefined;
  }

  function tellMissing(where: string, details: readonly string[]): void {
    const problem: Problem = {
      what: `nobody looked for known vulnerabilities ${where}`,
      details,
      next: 'Name a database that this machine reaches, in OSV’s format: PTP_OSV, or `vulnerabilities: { database: … }` in ptp.yaml.',
    };
    if (policy.withoutDatabase === 'block') throw new NoDatabase(problem);
    context.emit({ kind: 'warning', step: 'inspect', problem });
  }
}

/** The policy wants a database, and there is none. */
class NoDatabase extends StepFailed {}

/** What makes a database's word worth less. */
function doubtsOf({ date, stale, notRead }: Database, now: Date): readonly Problem[] {
  const old = date !== undefined && now.getTime() - date.getTime() > week;
  const doubts: Problem[] = [];
  if (old) {
    doubts.push({
      what: `the database of vulnerabilities is old: what it knows is of ${date.toISOString().slice(0, 10)}`,
      details: stale,
      next: 'Renew it, or let this machine reach a newer one (PTP_OSV). What was found since is not found here.',
    });
  }
  if (notRead > 0) {
    doubts.push({
      what: `${notRead} documents in the database of vulnerabilities were not understood`,
      next: 'Look whether the database is whole, and in the format of OSV.',
    });
  }
  return doubts;
}

/** The findings for packages, from the record of the last time that these were looked up in this database. */
async function foundIn(
  context: Context,
  database: Database,
  packages: readonly Package[],
): Promise<readonly Finding[]> {
  const { keyOf } = await import('./database.ts');
  const purls = packages.map(({ purl, source }) => [purl, source ?? '']).toSorted();
  const file = join(context.cache, 'osv', 'found', keyOf([edition, database.key, purls]) + sealedEnding);
  // Written below and sealed, so it has the form that was written; damaged, it is made again.
  const known = (await readSealed(file, () => {})) as readonly Finding[] | undefined;
  if (known !== undefined) return known;
  const [{ packageKey }, { findingsOf }] = await Promise.all([
    import('./advisory.ts'),
    import('./findings.ts'),
  ]);
  const key = (one: Package) => packageKey(ecosystemOf(one), advisedName(one));
  const advisories = await database.find(new Set(packages.map(key)));
  const found = packages.flatMap((one) => findingsOf(one, advisories.get(key(one)) ?? []));
  await writeSealed(file, found);
  return found;
}

/** What OSV calls the ecosystem that a package is of (schema 1.7, "affected[].package"). */
function ecosystemOf({ ecosystem, release }: Package): string {
  if (ecosystem === 'debian') return release === undefined ? 'Debian' : `Debian:${release}`;
  return ecosystem === 'golang' ? 'Go' : 'npm';
}

function imagesWith(images: readonly ImageContents[], { purl }: Package): readonly string[] {
  return images.filter(({ packages }) => packages.some((one) => one.purl === purl)).map(({ image }) => image);
}

function rank({ severity }: Finding): number {
  return severities.indexOf(severity ?? 'medium');
}

function eventOf({ looked, packages, databaseDate, findings }: VulnerabilityReport) {
  return {
    looked,
    packages,
    ...(databaseDate === undefined ? {} : { databaseDate: databaseDate.toISOString() }),
    findings: findings.map((one) => ({
      ids: one.ids,
      severity: one.severity ?? ('unknown' as const),
      purl: one.package.purl,
      images: one.images,
      verdict: one.verdict,
      ...(one.fixed === undefined ? {} : { fixed: one.fixed }),
      ...(one.reason === undefined ? {} : { reason: one.reason }),
    })),
  };
}
