/** A rule that keeps what an expression gives under a name (prometheus.io, "Recording rules"). */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A rule that tells of something wrong (prometheus.io, "Alerting rules"). */
export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: AlertLabels;
  readonly annotations: {
    /** One sentence for people; may name labels as `{{ $labels.component }}`. */
    readonly summary: string;
    /** Seen from the repository's root. */
    readonly runbook: string;
  };
}

/** What receivers and inhibition go by. */
export interface AlertLabels {
  readonly project: string;
  /** `page`: users notice, somebody has to get up; `ticket`: it has time until the morning; `none`: all is well. */
  readonly severity: 'page' | 'ticket' | 'none';
  /** A cause that is told of silences the symptoms of the same project. */
  readonly kind: 'cause' | 'symptom' | 'heartbeat';
}

/** Rules that are reckoned one after the other. */
export interface RuleGroup {
  readonly name: string;
  /** Between two reckonings; absent: Prometheus's own. */
  readonly interval?: string;
  readonly rules: readonly (RecordingRule | AlertingRule)[];
}

/** What a rule is about. */
export interface About {
  readonly name: string;
  readonly severity: AlertLabels['severity'];
  readonly kind: AlertLabels['kind'];
  readonly expr: string;
  readonly for?: string;
  readonly summary: string;
}

/** An alerting rule of a project; its runbook is the page of its name. */
export function alertOf(project: string, about: About): AlertingRule {
  const { name, severity, kind, expr, summary } = about;
  return {
    alert: name,
    expr,
    ...(about.for === undefined ? {} : { for: about.for }),
    labels: { project, severity, kind },
    annotations: { summary, runbook: runbookOf(name) },
  };
}

/** Where the page is that says what to do about an alert, seen from the repository's root. */
export function runbookOf(alert: string): string {
  const words = alert.replaceAll(/(?<!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
  return `docs/runbooks/${words}.md`;
}
