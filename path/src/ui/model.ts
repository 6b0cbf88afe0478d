import type { PastRelease } from '../cli/actions.ts';
import type { Answer } from '../core/answer.ts';
import type { CostReport } from '../core/cost.ts';
import type { DrillState } from '../core/drill.ts';
import type { FieldChange } from '../core/event.ts';
import type { Problem } from '../core/failure.ts';
import type { SystemHealth } from '../core/health.ts';
import type { Decision } from '../explain/decisions.ts';
import type { RunLine } from '../operate/runs.ts';
import type { CertificateFacts, ImageFacts } from '../snapshot/snapshot.ts';

/** All that the page and the report show of a system, at one moment. JSON carries it; no secret is in it. */
export interface PageModel {
  /** ISO 8601. */
  readonly taken: string;
  readonly system: SystemFacts;
  readonly topology: Topology;
  /** What is wrong now. */
  readonly problems: readonly Problem[];
  /** The newest first. */
  readonly releases: readonly PastRelease[];
  readonly answers: readonly Answer[];
  readonly images: readonly ImageFacts[];
  readonly certificates: readonly CertificateFacts[];
  readonly drills: readonly DrillState[];
  readonly decisions: readonly Decision[];
  readonly cost: CostReport;
  /** What the monitoring says; absent: the target has none. */
  readonly health?: SystemHealth;
}

/** What a system is called, and where it is. */
export interface SystemFacts {
  readonly name: string;
  readonly url: string;
  readonly target: string;
  readonly cluster: string;
  readonly provider: string;
  /** Of Kubernetes. */
  readonly version: string;
}

/** The parts of a system and who talks to whom. */
export interface Topology {
  readonly parts: readonly TopologyPart[];
  readonly links: readonly { readonly from: string; readonly to: string; readonly text: string }[];
}

/** One part: the way in, a component or a service. */
export interface TopologyPart {
  readonly name: string;
  readonly kind: 'door' | 'component' | 'service';
  /** What it is, in a few words: `PostgreSQL 17`. */
  readonly text: string;
  readonly ready: number;
  readonly wanted: number;
  readonly restarts: number;
  readonly digest?: string;
  readonly pods: readonly TopologyPod[];
  /** Since its pods started. */
  readonly requests?: { readonly total: number; readonly failed: number; readonly seconds: number };
  /** Of all its pods, now: processors and bytes. */
  readonly usage?: { readonly cpu: number; readonly memory: number };
}

/** One pod of a part. */
export interface TopologyPod {
  readonly name: string;
  readonly state: 'starting' | 'ready' | 'not-ready' | 'leaving' | 'failed';
  readonly node: string;
  /** Of the image that it runs or is to run: tells old from new while pods are replaced. */
  readonly digest: string;
  /** ISO 8601. */
  readonly since?: string;
  readonly restarts: number;
}

/** What two releases differ in, object by object. */
export interface ReleaseDiff {
  readonly from: number;
  readonly to: number;
  readonly changes: readonly {
    readonly object: string;
    readonly change: 'created' | 'configured' | 'deleted';
    readonly fields: readonly FieldChange[];
  }[];
}

/** What the stream of events tells, by its name. */
export interface LiveEvents {
  readonly topology: Topology;
  readonly releases: readonly PastRelease[];
  /** All lines of the run's journal so far, then each as it comes; `anew`: another run has begun. */
  readonly run: { readonly anew: boolean; readonly lines: readonly RunLine[] };
  /** What is wrong with looking at the system; empty: nothing any more. */
  readonly trouble: string;
}
