import type { Problem } from './failure.ts';
import type { Digest, TrafficResult, TrafficSnapshot } from './handover.ts';

/** The steps of the path, in the order in which they are shown. */
export const stepNames = [
  'project',
  'image',
  'inspect',
  'registry',
  'evidence',
  'cluster',
  'admission',
  'services',
  'deploy',
  'route',
  'prove',
  'traffic',
  'observe',
  'maintain',
] as const;
export type StepName = (typeof stepNames)[number];

/** Whether an apply made, altered, removed or left an object. */
export type Change = 'created' | 'configured' | 'unchanged' | 'deleted';

/** A step began. */
export interface StepStarted {
  readonly kind: 'step-started';
  readonly step: StepName;
  /** What the step is about to do, in one short sentence. */
  readonly text: string;
}
/** A step ended well. */
export interface StepDone {
  readonly kind: 'step-done';
  readonly step: StepName;
  readonly seconds: number;
  /** What came of it, in one short sentence. */
  readonly text: string;
}
/** A long piece of work within a step, told again and again; `task` names it across its events. */
export interface Progress {
  readonly kind: 'progress';
  readonly step: StepName;
  readonly task: string;
  /** What is happening now. */
  readonly text: string;
  /** How far it is, 0 to 1, where that is known. */
  readonly fraction?: number;
  /** Seconds it will probably still take, where that is known. */
  readonly remaining?: number;
  /** What the measured traffic has seen so far, where that is what it tells of. */
  readonly traffic?: TrafficSnapshot;
}
/** A piece of work within a step ended. */
export interface TaskDone {
  readonly kind: 'task-done';
  readonly step: StepName;
  readonly task: string;
  readonly text: string;
  readonly seconds: number;
}
/** An image was built, or its inputs had not changed. */
export interface ImageReady {
  readonly kind: 'image-ready';
  readonly step: 'image';
  readonly image: string;
  readonly digest: Digest;
  /** Bytes of all its compressed layers. */
  readonly size: number;
  /** Why it was built or was not: `unchanged`, `first build`, `source changed: src/app.tsx`. */
  readonly why: string;
  readonly seconds: number;
}
/** The packages of images were looked up in a database of known vulnerabilities. */
export interface VulnerabilitiesLookedUp {
  readonly kind: 'vulnerabilities-looked-up';
  readonly step: 'inspect';
  /** False where no database could be had: then nothing is known. */
  readonly looked: boolean;
  /** How many different packages. */
  readonly packages: number;
  /** How old what the database knows is; RFC 3339. */
  readonly databaseDate?: string;
  /** The worst first. */
  readonly findings: readonly {
    /** Its names, the best known first: `CVE-2026-1234`, `GHSA-…`. */
    readonly ids: readonly string[];
    readonly severity: 'critical' | 'high' | 'medium' | 'low' | 'unknown';
    /** The package (purl-spec). */
    readonly purl: string;
    readonly images: readonly string[];
    /** What the project's policy says; `quiet`: it is below what is told of. */
    readonly verdict: 'block' | 'warn' | 'quiet' | 'accepted';
    /** The version that mends it. */
    readonly fixed?: string;
    /** Why it is accepted. */
    readonly reason?: string;
  }[];
}
/** Sources and images were searched for credentials. Never says what they are. */
export interface CredentialsLookedFor {
  readonly kind: 'credentials-looked-for';
  readonly step: 'inspect';
  /** How many files there are to look at. */
  readonly files: number;
  /** How many of them had to be read: the others were looked at before. */
  readonly read: number;
  readonly findings: readonly {
    /** Seen from the folder of ptp.yaml; `image:/path` for what only the image has. */
    readonly file: string;
    /** Line, from 1. */
    readonly line: number;
    readonly rule: string;
    /** Why it is no secret; absent: nobody said so, and it stops the release. */
    readonly reason?: string;
  }[];
}
/** An image is in the registry. */
export interface ImagePublished {
  readonly kind: 'image-published';
  readonly step: 'registry';
  /** The reference by digest. */
  readonly reference: string;
  readonly uploaded: number;
  /** Bytes sent; 0 where the registry had it all. */
  readonly bytes: number;
}
/** An object in the cluster was compared and, where it differed, changed. */
export interface ObjectApplied {
  readonly kind: 'object-applied';
  readonly step: StepName;
  /** `hello/deployment/gateway` */
  readonly object: string;
  readonly change: Change;
}
/** One field of an object that differs. Absent `before`: it is new; absent `after`: it goes. */
export interface FieldChange {
  /** `.spec.template.spec.containers[name=gateway].image` */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}
/** What becomes, or would become, of one object. */
export interface PlannedChange {
  readonly change: Change;
  /** `hello/deployment/gateway` */
  readonly object: string;
  /** In which fields it differs, where it is there already. */
  readonly fields: readonly FieldChange[];
}
/** What is going to change in the cluster, all of it, before anything does. */
export interface Planned {
  readonly kind: 'planned';
  readonly step: 'deploy';
  readonly changes: readonly PlannedChange[];
  /** Components whose migration is going to run. */
  readonly migrations: readonly string[];
  /** How long the comparing took. */
  readonly seconds: number;
}
/** Requests went through the system's public URL while its pods were replaced: this came of them. */
export interface TrafficMeasured {
  readonly kind: 'traffic-measured';
  readonly step: 'traffic';
  readonly result: TrafficResult;
}
/** Something worth a line that is neither progress nor a problem. */
export interface Note {
  readonly kind: 'note';
  readonly step: StepName;
  readonly text: string;
}
/** Something the user should know, though the path goes on. */
export interface Warning {
  readonly kind: 'warning';
  readonly step: StepName;
  readonly problem: Problem;
}

/** Every outcome a step can tell of. Renderers print them; steps never do. */
export type Event =
  | StepStarted
  | StepDone
  | Progress
  | TaskDone
  | ImageReady
  | VulnerabilitiesLookedUp
  | CredentialsLookedFor
  | ImagePublished
  | ObjectApplied
  | Planned
  | TrafficMeasured
  | Note
  | Warning;

/** Takes events as they happen. */
export type Emit = (event: Event) => void;
