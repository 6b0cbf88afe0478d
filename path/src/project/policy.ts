/** How bad a vulnerability is, the worst first. */
export const severities = ['critical', 'high', 'medium', 'low'] as const;
export type Severity = (typeof severities)[number];

/** What is done about known vulnerabilities in images. */
export interface VulnerabilityPolicy {
  /** From this severity on, one with a fix stops the release. */
  readonly block: Severity | 'none';
  /** From this severity on, one is told of. */
  readonly warn: Severity | 'none';
  /** Whether one without a fix stops the release too. */
  readonly unfixed: 'warn' | 'block';
  /** Whether a release is stopped where no database can be had. */
  readonly withoutDatabase: 'warn' | 'block';
  readonly accept: readonly AcceptedVulnerability[];
  /** A path (seen from the folder of ptp.yaml) or an address; absent: OSV's own. */
  readonly database?: string;
}

/** A vulnerability that somebody has looked at and accepts for a time. */
export interface AcceptedVulnerability {
  /** `CVE-2026-1234`, `GHSA-…`, `GO-…`, `DSA-…`. */
  readonly id: string;
  readonly reason: string;
  /** The last day: `2027-01-31`. */
  readonly until: string;
}

/** What looks like a credential and is none, or is meant to be there. */
export interface AllowedSecret {
  /** A pattern as in .gitignore, of paths seen from the folder of ptp.yaml. */
  readonly file: string;
  /** The rule that finds it; absent: every rule. */
  readonly rule?: string;
  readonly reason: string;
}

/** The policy where ptp.yaml says nothing. */
export const usualPolicy: VulnerabilityPolicy = {
  block: 'critical',
  warn: 'high',
  unfixed: 'warn',
  withoutDatabase: 'warn',
  accept: [],
};
