/** An alert that fires now. */
export interface FiringAlert {
  readonly name: string;
  /** `page`: users notice. */
  readonly severity: 'page' | 'ticket';
  /** A symptom follows from something else, a cause does not. */
  readonly kind: 'cause' | 'symptom';
  /** ISO 8601. */
  readonly since: string;
  /** One sentence. */
  readonly summary: string;
  /** The page with what to do, seen from the repository's root. */
  readonly runbook: string;
  /** The component or service that it is about, where it is about one. */
  readonly part?: string;
  /** What the cluster itself says against it: it is over, and monitoring is about to know. Absent: it still is so. */
  readonly over?: string;
}

/** How much of what may go wrong is left. */
export interface ErrorBudget {
  readonly slo: 'availability' | 'latency';
  /** The share of requests that is promised, 0 to 1. */
  readonly objective: number;
  /** Milliseconds, where it is about time. */
  readonly within?: number;
  /** Days. */
  readonly window: number;
  /** 1: all of it; 0: none; below: more has gone wrong than was to. Absent: nothing was measured yet. */
  readonly left?: number;
}

/** What the monitoring says of a system. */
export interface SystemHealth {
  /** `silent`: it does not answer, so nobody would be told. */
  readonly monitoring: 'running' | 'silent';
  /** Whether no alert fires that users notice and that is not over. */
  readonly healthy: boolean;
  /** Since when it is so, ISO 8601; at most a week back. Absent: not known. */
  readonly since?: string;
  readonly alerts: readonly FiringAlert[];
  readonly budgets: readonly ErrorBudget[];
}
