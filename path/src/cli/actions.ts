import type { Answer, Trace } from '../core/answer.ts';
import type { Bill } from '../core/bill.ts';
import type { CostReport } from '../core/cost.ts';
import type { DrillName, DrillResult, DrillState } from '../core/drill.ts';
import type { Emit, PlannedChange } from '../core/event.ts';
import type { Problem } from '../core/failure.ts';
import type { Digest, RegistryAccess, Release, Route, TrafficResult } from '../core/handover.ts';
import type { SystemHealth } from '../core/health.ts';
import type { Secret } from '../core/secret.ts';
import type { Upgraded, Upgrades } from '../core/upgrade.ts';
import type { Project } from '../project/project.ts';

/** What each action may tell to and be stopped by. */
export interface Session {
  readonly emit: Emit;
  /** Aborted by the first Ctrl-C and by SIGTERM; the action then rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

/**
 * The work behind the commands. `main.ts` fills it in from the path's steps, so that the command line knows only
 * words and never a step. Every function throws UserMistake or StepFailed for what can be foreseen.
 */
export interface Actions {
  /** Walks the whole path. Doing it again changes only what differs. */
  up(project: Project, options: UpOptions, session: Session): Promise<Raised>;
  /** What `up` would do; changes nothing. */
  plan(project: Project, session: Session): Promise<Preview>;
  /** What a target in a public cloud is made of and costs; undefined for every other kind of target. Changes nothing. */
  bill(project: Project, session: Session): Promise<Bill | undefined>;
  /** Every release that is recorded, the newest first. */
  history(project: Project, session: Session): Promise<readonly PastRelease[]>;
  /** Returns to a release that served; to the one before what serves now, unless its number is given. */
  rollback(project: Project, options: RollbackOptions, session: Session): Promise<Returned>;
  /** Proves that what runs is what was intended; one check for each thing that was looked at. */
  verify(project: Project, options: VerifyOptions, session: Session): Promise<readonly Check[]>;
  /** Every drill there is, with what came of it so far. */
  drills(project: Project, session: Session): Promise<readonly DrillState[]>;
  /** Runs a drill under traffic and keeps its result, whatever that is. */
  drill(project: Project, name: DrillName, options: DrillOptions, session: Session): Promise<DrillResult>;
  /** The answers to questions of the exercise, with facts of the system as it is; all of them unless a topic is named. */
  explain(project: Project, topic: string | undefined, session: Session): Promise<readonly Answer[]>;
  /** Where a field of a live object comes from: `deployment/backend`, `.spec.replicas`. */
  trace(
    project: Project,
    field: { readonly object: string; readonly path: string },
    session: Session,
  ): Promise<Trace>;
  /** What the system costs a month where it runs, and what would cost less. */
  cost(project: Project, session: Session): Promise<CostReport>;
  /** What is newer than what the system is made of; changes nothing. */
  upgrades(project: Project, session: Session): Promise<Upgrades>;
  /** Makes a release of each upgrade; the first that fails is taken back and ends the rest. */
  upgrade(project: Project, session: Session): Promise<readonly Upgraded[]>;
  /** Makes a backup of every service that has backups, now; returns the services' names. */
  backup(project: Project, session: Session): Promise<readonly string[]>;
  /** The backups that there are of a service's data, the newest first. */
  backups(project: Project, service: string | undefined, session: Session): Promise<Backups>;
  /** What putting a backup in the place of a service's data would lose; changes nothing. */
  restorable(project: Project, wish: RestoreWish, session: Session): Promise<Restorable>;
  /** Puts a backup in the place of a service's data; where one was broken off it goes on. */
  restore(project: Project, wish: RestoreWish & RestoreOptions, session: Session): Promise<Restored>;
  /** All that is known of the system now: as data, and as one HTML file. */
  report(project: Project, session: Session): Promise<{ readonly model: object; readonly html: string }>;
  /** Serves the page of a system on 127.0.0.1 until it is closed. `port` 0: any that is free. */
  ui(project: Project, options: { readonly port: number }, session: Session): Promise<Page>;
  /** The manifests of the release that serves, as a document that `kubectl apply` takes; Secrets are not in it. */
  manifests(project: Project, session: Session): Promise<string>;
  /** Builds images without a cluster; publishes them or writes them to a folder where it is asked to. */
  build(project: Project, options: BuildOptions, session: Session): Promise<readonly Made[]>;
  /** Takes the system away; on a local target stops the cluster. Saying it twice is no mistake. */
  down(project: Project, options: DownOptions, session: Session): Promise<Lowered>;
  /** What `down` with `data` would delete for good; changes nothing. */
  storedData(project: Project, session: Session): Promise<readonly StoredData[]>;
  /** Looks without changing anything; a cluster that is not there is a state, not a failure. */
  status(project: Project, session: Session): Promise<SystemStatus>;
  /** Calls `onLine` for each line; resolves when all are told, or with `follow` when the signal is aborted. */
  logs(
    project: Project,
    options: LogOptions,
    onLine: (line: LogLine) => void,
    session: Session,
  ): Promise<void>;
  /** The address users reach the system at. Throws StepFailed where it is not up. */
  address(project: Project, session: Session): Promise<string>;
  /** Opens a web browser; false where this machine has none to open. */
  browse(url: string): Promise<boolean>;
  /** Makes this machine (its browsers, its tools) trust the system's certificate authority, or no more. */
  trust(project: Project, options: TrustOptions, session: Session): Promise<Trusted>;
  /** Looks at what the path needs of this machine; without a project at what every path needs. */
  doctor(project: Project | undefined, session: Session): Promise<readonly Check[]>;
  /** Finds the components below a folder; the first in the list is the one nearest to users. */
  detect(folder: string): Promise<readonly DetectedComponent[]>;
  /**
   * The public key (PEM) that the project's images are signed with here; the pair is made where there is none. Throws
   * UserMistake where certificates sign instead.
   */
  signingKey(project: Project, session: Session): Promise<{ readonly publicKey: string }>;
  /** A token for the API server of a cloud's cluster. Throws UserMistake for a cluster that is not known by tokens. */
  token(project: Project, session: Session): Promise<Secret>;
  /** A kubeconfig document with the rights to look and to deploy. */
  kubeconfig(project: Project, session: Session): Promise<Secret>;
}

/** A page that is served. */
export interface Page {
  /** With the token that it wants. */
  readonly url: string;
  close(): Promise<void>;
}

export interface UpOptions {
  /** Take over fields that someone else changed in the cluster. */
  readonly overrule: boolean;
  /** End when the last old pod has gone, and not already when the new version serves. */
  readonly wait: boolean;
}

/** What `up` brought about. */
export interface Raised {
  readonly release: Release;
  readonly route: Route;
  /** What requests saw while pods were replaced; absent where none were, or nothing was measured. */
  readonly traffic?: TrafficResult;
  /** The release's number, and whether it is another one than before. */
  readonly record: { readonly number: number; readonly isNew: boolean };
}

/** What `up` would do. */
export interface Preview {
  /** Whether there is a cluster to compare with; where there is none, `up` makes everything. */
  readonly cluster: 'running' | 'stopped' | 'absent';
  /** The number of the release that serves. */
  readonly serving?: number;
  /** `isNew`: no such image runs. */
  readonly images: readonly { readonly name: string; readonly digest: Digest; readonly isNew: boolean }[];
  readonly changes: readonly PlannedChange[];
  /** Components whose migration would run. */
  readonly migrations: readonly string[];
  /** `up` would change nothing. */
  readonly nothing: boolean;
  /** Why `up` would refuse these sources. */
  readonly refused?: Problem;
  /** Of a target in a public cloud: what it is made of there and costs. */
  readonly bill?: Bill;
}

/** A release as `history` tells of it. */
export interface PastRelease {
  readonly number: number;
  readonly state: 'rolling' | 'serving' | 'failed';
  /** Whether it is what the cluster is meant to run now. */
  readonly current: boolean;
  readonly begun: string;
  /** From its begin to its end. */
  readonly seconds?: number;
  readonly by: string;
  readonly source?: { readonly commit: string; readonly clean: boolean };
  /** The release that it brought back. */
  readonly backTo?: number;
  readonly images: readonly { readonly name: string; readonly digest: Digest }[];
  readonly rolled: readonly string[];
  readonly migrated: readonly string[];
  readonly changes: readonly PlannedChange[];
  readonly traffic?: TrafficResult;
  readonly problems?: readonly Problem[];
}

export interface VerifyOptions {
  /** A release; absent: the one that serves. */
  readonly release?: number | undefined;
  /** Build it again from its commit, in a clean folder with an empty cache, and compare. */
  readonly rebuild: boolean;
}

export interface RollbackOptions {
  readonly to?: number | undefined;
  /** Whether it ends when the last old pod has gone, and not already when it serves. */
  readonly wait: boolean;
}

/** What a rollback brought about. */
export interface Returned {
  readonly number: number;
  /** The release whose manifests and images it runs. */
  readonly backTo: number;
  /** Components whose pods were replaced. */
  readonly rolled: readonly string[];
  /** Seconds until it served. */
  readonly serving: number;
  readonly traffic?: TrafficResult;
}

export interface DrillOptions {
  /** Requests a second. */
  readonly rate: number;
  /** Of a node that is lost: whether it stops without warning, and which one. */
  readonly sudden?: boolean;
  readonly node?: string;
}

/** The backups of a service. */
export interface Backups {
  readonly service: string;
  readonly backups: readonly {
    /** What `--backup` takes: `20261126t031700z`. */
    readonly tag: string;
    /** The moment whose data it has. */
    readonly created: Date;
    /** Whether it is what a restoration has replaced. */
    readonly replaced: boolean;
  }[];
}

/** Which backup of which service. */
export interface RestoreWish {
  /** Absent: the only one there is. */
  readonly service?: string | undefined;
  /** A moment, as `backups` has it or in ISO 8601; absent: the newest that is not what a restoration replaced. */
  readonly backup?: string | undefined;
  /** Where the service does not answer: throw its volume away first, and restore into a new one. */
  readonly anew?: boolean;
}

/** What a restoration would lose. */
export interface Restorable {
  readonly service: string;
  /** Absent: a restoration that was broken off has nothing left to lose. */
  readonly backup?: {
    readonly tag: string;
    readonly name: string;
    readonly created: Date;
    readonly bytes: number;
  };
  /** The age of the backup: what was written since then is not in it. */
  readonly secondsLost: number;
  /** Tables that are others now than in the backup, with their rows; undefined: what is there cannot be read. */
  readonly tables?: readonly {
    readonly name: string;
    readonly now?: number;
    readonly backup?: number;
    readonly lost: number;
  }[];
  /** The name of the backup that serves already: what it has replaced is still to be backed up and deleted. */
  readonly unfinished?: string;
  /** The service does not answer: its volume goes, and nothing of it can be backed up before. */
  readonly silent?: boolean;
}

export interface RestoreOptions {
  /** Whether what is replaced is backed up before it is deleted. */
  readonly lastBackup: boolean;
  /** It has just been waited for in vain: with `anew` that need not be done again. */
  readonly silent?: boolean;
}

/** What a restoration brought about. */
export interface Restored {
  readonly service: string;
  /** What serves now. */
  readonly backup: string;
  /** Whether it went on with one that had been broken off when this backup served already. */
  readonly resumed: boolean;
  readonly secondsLost: number;
  /** What was compared; absent where it was before. */
  readonly rows?: number;
  readonly tables?: number;
  /** Components whose migrations ran on it. */
  readonly migrated: readonly string[];
  /** The tag of the backup of what it has replaced; absent: there was nothing, or it was not asked for. */
  readonly replaced?: string;
}

export interface BuildOptions {
  /** Names of components; empty: every component, and what the services run. */
  readonly components: readonly string[];
  /** How layers are packed. */
  readonly compression: 'zstd' | 'gzip';
  /** Where to publish to; absent: nowhere. */
  readonly push?: RegistryAccess;
  /** Attach to what was published a signature, its provenance and lists of its parts, as `up` does. */
  readonly sign?: boolean;
  /** What the published images are called; empty: by the commit of the sources, where there is one. */
  readonly tags: readonly string[];
  /** The absolute path of the folder that an OCI image layout is written to; absent: none is written. */
  readonly output?: string;
}

/** An image that `build` made. */
export interface Made {
  readonly name: string;
  readonly digest: Digest;
  /** Bytes of all its compressed layers. */
  readonly size: number;
  /** By digest; absent where it was not published. */
  readonly reference?: string;
  readonly tags?: readonly string[];
}

/** Data that `down --data` would delete for good. */
export interface StoredData {
  /** The service, or the volume's own name. */
  readonly name: string;
  /** The volume's size, a Kubernetes quantity: `1Gi`. */
  readonly size?: string;
  /** Bytes that are used of it. */
  readonly used?: number;
}

export interface DownOptions {
  /** Remove the databases' contents and the cluster's own data as well. */
  readonly data: boolean;
}

/** What `down` took away, each in a few words: `the local cluster hello`; empty where nothing was there. */
export interface Lowered {
  readonly removed: readonly string[];
  /** What stays on purpose, and would go with `data`: `the data of database`. */
  readonly kept: readonly string[];
  /** What stays in any case: somebody else's, a last copy of data. */
  readonly left?: readonly string[];
}

/** How the system is now. */
export interface SystemStatus {
  readonly cluster: {
    readonly name: string;
    readonly state: 'running' | 'stopped' | 'absent' | 'unreachable';
    readonly version?: string;
  };
  readonly url?: string;
  readonly components: readonly PartStatus[];
  readonly services: readonly PartStatus[];
  /** The release that the cluster is meant to run. */
  readonly release?: Pick<PastRelease, 'number' | 'begun' | 'by' | 'source' | 'backTo' | 'traffic'>;
  /** Certificates that users see, and until when they are valid. */
  readonly certificates?: readonly {
    readonly name: string;
    readonly until: Date;
    /** Who issued it, in a few words. */
    readonly issuer: string;
  }[];
  /** What the monitoring says; absent: the target has none. */
  readonly health?: SystemHealth;
  /** When each drill was last passed, ISO 8601; absent: never. */
  readonly drills?: readonly { readonly drill: DrillName; readonly passed?: string }[];
  /** What is wrong now. Empty where all is well. */
  readonly problems: readonly Problem[];
}

/** A component or a service: how many copies are wanted and how many answer. */
export interface PartStatus {
  readonly name: string;
  readonly ready: number;
  readonly wanted: number;
  readonly restarts: number;
  readonly digest?: Digest;
  /** Since when this version runs. */
  readonly since?: Date;
}

export interface LogOptions {
  /** A component or service; absent: all components. */
  readonly part?: string;
  readonly follow: boolean;
  /** How many past lines of each pod. */
  readonly lines: number;
  /** Of the container before the last restart. */
  readonly previous: boolean;
  /** Only what was written in the last so many seconds. */
  readonly since?: number;
}

export interface LogLine {
  readonly part: string;
  readonly pod: string;
  readonly text: string;
}

export interface TrustOptions {
  readonly remove: boolean;
}

/** Where the authority's certificate is trusted now, or why it is not. */
export interface Trusted {
  readonly stores: readonly {
    /** `this machine`, `Chromium`, `Firefox`, `Node.js`. */
    readonly name: string;
    readonly change: 'added' | 'removed' | 'unchanged' | 'not-possible';
    /** What the person can do about it by hand. */
    readonly next?: string;
  }[];
}

/** One thing the path needs, and whether it is so. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found: `24 GiB`, `not on PATH`. */
  readonly found: string;
  /** What to do where it is not ok. */
  readonly next?: string;
}

/** A folder that looks like a component, and what its files say about it. */
export interface DetectedComponent {
  /** A DNS name, made of the folder's. */
  readonly name: string;
  /** Seen from the folder that was looked through, with slashes. */
  readonly source: string;
  readonly builder: 'node' | 'static' | 'go';
  /** What gave it away: `package.json with a start script`. */
  readonly why: string;
  /** Whether it talks to PostgreSQL (it depends on a driver, for example). */
  readonly database: boolean;
  readonly migrate?: readonly string[];
  /** Addresses of other components that it asks for. */
  readonly env?: Readonly<Record<string, string>>;
}
