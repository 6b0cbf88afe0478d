import type { Problem } from '../core/failure.ts';
import { oneLine } from '../core/one-line.ts';
import type { Package, PendingUpdate } from '../core/package.ts';
import type { AcceptedVulnerability, Severity, VulnerabilityPolicy } from '../project/policy.ts';
import type { Finding } from './findings.ts';
import { reaches, worse } from './severity.ts';

/** A finding with the images that it is in, and what the policy says to it. */
export interface JudgedFinding extends Finding {
  readonly images: readonly string[];
  readonly verdict: 'block' | 'warn' | 'quiet' | 'accepted';
  /** Why it is accepted. */
  readonly reason?: string;
}

/** What the policy says to what was found. */
export interface Judgement {
  readonly findings: readonly JudgedFinding[];
  /** What stops the release. Empty: nothing does. */
  readonly blocking: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** What is judged. */
export interface Case {
  readonly findings: readonly (Finding & { readonly images: readonly string[] })[];
  readonly pending: readonly PendingUpdate[];
  readonly policy: VulnerabilityPolicy;
  readonly now: Date;
  /** The absolute path of ptp.yaml. */
  readonly file: string;
}

/** Applies a policy. One problem a package, with all that is wrong with it. Pure. */
export function judge({ findings, pending, policy, now, file }: Case): Judgement {
  const today = now.toISOString().slice(0, 10);
  const expired = policy.accept.filter(({ until }) => until < today);
  const valid = policy.accept.filter(({ until }) => until >= today);
  const judged = findings.map((finding): JudgedFinding => {
    const reason = acceptance(finding, valid);
    const verdict = reason === undefined ? verdictOf(finding, policy) : 'accepted';
    return { ...finding, verdict, ...(reason === undefined ? {} : { reason }) };
  });
  const stillThere = ({ id }: AcceptedVulnerability) =>
    judged.some((one) => one.verdict !== 'accepted' && namesOf(one).includes(id));
  const stale = expired.map((one) => expiredProblem(one, stillThere(one), file));
  const blocking = problemsOf(judged, 'block');
  const warnings = [...problemsOf(judged, 'warn'), ...pendingProblems(pending)];
  // What expired is told where it matters: with what it does not hold back any more.
  return blocking.length > 0
    ? { findings: judged, blocking: [...blocking, ...stale], warnings }
    : { findings: judged, blocking, warnings: [...warnings, ...stale] };
}

function verdictOf(
  finding: Finding,
  { block, warn, unfixed }: VulnerabilityPolicy,
): JudgedFinding['verdict'] {
  const stops = finding.malicious === true || finding.fixed !== undefined || unfixed === 'block';
  if (stops && reaches(finding.severity, block)) return 'block';
  return reaches(finding.severity, warn) ? 'warn' : 'quiet';
}

/** Why a finding is accepted: by one of its names, or by all of what it is about. */
function acceptance(finding: Finding, accepted: readonly AcceptedVulnerability[]): string | undefined {
  const direct = accepted.find(({ id }) => finding.ids.includes(id));
  if (direct !== undefined) return direct.reason;
  const parts = finding.parts.map((part) => accepted.find(({ id }) => id === part)?.reason);
  return parts.length > 0 && parts.every((reason) => reason !== undefined) ? parts[0] : undefined;
}

function namesOf({ ids, parts }: Finding): readonly string[] {
  return [...ids, ...parts];
}

function problemsOf(
  findings: readonly JudgedFinding[],
  verdict: JudgedFinding['verdict'],
): readonly Problem[] {
  const groups = Map.groupBy(
    findings.filter((one) => one.verdict === verdict),
    (one) => `${one.package.ecosystem} ${advisedName(one.package)} ${one.package.version}`,
  );
  return [...groups.values()].map((group) => problemOf(group)).toSorted(byWhat);
}

function byWhat(one: Problem, other: Problem): number {
  return one.what < other.what ? -1 : 1;
}

function problemOf(group: readonly JudgedFinding[]): Problem {
  const [first] = group;
  if (first === undefined) throw new Error('a group has a finding');
  const { version } = first.package;
  const name = [...new Set(group.map((one) => one.package.name))].toSorted().join(', ');
  const images = [...new Set(group.flatMap((one) => one.images))].toSorted().join(', ');
  const distinct = [...new Map(group.map((one) => [one.ids.join(), one])).values()];
  const worst = distinct.map((one) => one.severity).reduce(worse, undefined);
  const count = distinct.length === 1 ? 'a known vulnerability' : `${distinct.length} known vulnerabilities`;
  const rated = distinct.length === 1 ? `(${ratedWord(worst)})` : `(the worst ${ratedWord(worst)})`;
  const what = distinct.some((one) => one.malicious === true)
    ? `${name} ${version} in ${images} is malicious`
    : `${name} ${version} in ${images} has ${count} ${rated}`;
  return {
    what: oneLine(what),
    where: { package: first.package.purl },
    next: oneLine(nextStep(distinct)),
    details: distinct.map((one) => oneLine(lineOf(one), 200)),
  };
}

function ratedWord(severity: Severity | undefined): string {
  return severity ?? 'not rated';
}

/** `CVE-2026-1 (GHSA-…), high, fixed in 4.17.21: Prototype pollution`. */
function lineOf({ ids, severity, fixed, summary }: Finding): string {
  const [first = '', ...others] = ids;
  const also = others.length === 0 ? '' : ` (${others.join(', ')})`;
  const mended = fixed === undefined ? 'no fix yet' : `fixed in ${fixed}`;
  return `${first}${also}, ${ratedWord(severity)}, ${mended}${summary === '' ? '' : `: ${summary}`}`;
}

function nextStep(group: readonly Finding[]): string {
  const [first] = group;
  if (first === undefined) return '';
  const { ecosystem, name } = first.package;
  if (group.some(({ malicious }) => malicious === true))
    return `Remove ${name}, and treat every machine that installed it as taken over.`;
  const id = first.ids[0] ?? '';
  const accept = `accept it in ptp.yaml: vulnerabilities: { accept: [{ id: ${id}, reason: …, until: … }] }`;
  const fixes = [...new Set(group.flatMap(({ fixed }) => (fixed === undefined ? [] : [fixed])))];
  if (fixes.length === 0) return `Remove ${name}, wait for a fix, or ${accept}`;
  const to = fixes.join(' and ');
  if (ecosystem === 'debian')
    return `Delete ptp.lock and run \`ptp up\`: it locks the newest Debian packages (fixed in ${to}). Or ${accept}`;
  if (ecosystem === 'npm') return `Run \`npm update ${name}\` (fixed in ${to}), or ${accept}`;
  if (name === 'stdlib') return `Compile with a newer Go (fixed in ${to}), or ${accept}`;
  return `Run \`go get ${name}@v${(fixes.at(-1) ?? '').replace(/^v/, '')}\`, or ${accept}`;
}

function expiredProblem({ id, until }: AcceptedVulnerability, there: boolean, file: string): Problem {
  return {
    what: `${id} was accepted until ${until}, which is past: it is not accepted any more`,
    where: { file, key: 'vulnerabilities.accept' },
    next: there
      ? 'Look at it again: take the fix, or give it another date.'
      : 'Remove it from the list: no image has it any more.',
  };
}

function pendingProblems(pending: readonly PendingUpdate[]): readonly Problem[] {
  if (pending.length === 0) return [];
  const count = pending.length === 1 ? 'a security update' : `${pending.length} security updates`;
  return [
    {
      what: `Debian has ${count} of packages that ptp.lock pins`,
      where: { key: 'ptp.lock' },
      next: 'Delete ptp.lock and run `ptp up`: it locks the newest Debian packages.',
      details: pending.map(({ name, version, newer }) => `${name} ${version} → ${newer}`),
    },
  ];
}

/** The name that advisories know a package by. */
export function advisedName(found: Package): string {
  return found.ecosystem === 'debian' ? (found.source ?? found.name) : found.name;
}
