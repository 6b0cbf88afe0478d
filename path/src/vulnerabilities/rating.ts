import cvss from 'ae-cvss-calculator';
import { type Severity, severities } from '../project/policy.ts';

type Fields = Readonly<Record<string, unknown>>;

/** How bad an entry says that it is, and whether nobody else's word counts beside. */
export interface Rating {
  readonly severity?: Severity;
  readonly decided?: true;
}

/**
 * The severity of an entry of OSV for one of its packages (schema 1.7, "severity[]"): by the newest CVSS vector, else
 * in words by who published it. Debian's `unimportant` (Security Tracker: no security impact in what Debian builds)
 * stands above vectors, which rate the source.
 */
export function ratingOf(entry: Fields, affected: Fields): Rating {
  const specific = fields(affected.ecosystem_specific);
  const urgency = specific.urgency ?? fields(affected.database_specific).urgency;
  if (urgency === 'unimportant') return { severity: 'low', decided: true };
  const severity =
    vectorRating(affected.severity) ??
    vectorRating(entry.severity) ??
    worded(fields(affected.database_specific).severity) ??
    worded(fields(entry.database_specific).severity) ??
    worded(specific.severity) ??
    worded(typeof urgency === 'string' ? urgency.replace(/\*+$/, '') : undefined);
  return severity === undefined ? {} : { severity };
}

const newestFirst = ['CVSS_V4', 'CVSS_V3', 'CVSS_V2'];

function vectorRating(value: unknown): Severity | undefined {
  if (!Array.isArray(value)) return undefined;
  const all = value.map(fields);
  for (const type of newestFirst) {
    for (const { score } of all.filter((one) => one.type === type)) {
      const rated = typeof score === 'string' && score.length < 500 ? baseScore(score) : undefined;
      if (rated !== undefined) return named(rated);
    }
  }
  return undefined;
}

/** The base score of a CVSS vector (versions 2 to 4), 0 to 10; undefined where it is none. */
function baseScore(vector: string): number | undefined {
  try {
    const scores = cvss.fromVector(vector)?.calculateScores();
    const score = scores?.base ?? scores?.overall;
    return score === undefined || Number.isNaN(score) ? undefined : score;
  } catch {
    return undefined;
  }
}

/** CVSS 3.1 and 4.0, "Qualitative Severity Rating Scale". */
function named(score: number): Severity {
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  return score >= 4 ? 'medium' : 'low';
}

function worded(value: unknown): Severity | undefined {
  if (typeof value !== 'string') return undefined;
  const word = value.toLowerCase();
  if (word === 'moderate') return 'medium';
  return severities.find((severity) => severity === word);
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
