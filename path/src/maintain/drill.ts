import type { DrillFacts, DrillName } from '../core/drill.ts';
import type { Problem } from '../core/failure.ts';
import type {
  Cluster,
  CredentialRotation,
  KeyRotation,
  Rehearsal,
  Route,
  StoredBackup,
  TrafficResult,
} from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { Project } from '../project/project.ts';

/** What may be said about a drill. */
export interface DrillOptions {
  /** Of a node that is lost: whether it stops without warning, and which one. */
  readonly sudden?: boolean;
  readonly node?: string;
}

/** A backup whose content can be read. */
export interface ReadableBackup extends Pick<StoredBackup, 'name' | 'created' | 'bytes'> {
  dump(): AsyncIterable<Uint8Array>;
  tables(): Promise<string>;
}

/** What drills use of other steps: handed in, because steps are strangers to each other. */
export interface DrillTools {
  /** The names of the route's objects. */
  readonly names: { readonly certificate: string };
  /** The way to the system as it serves now. */
  readonly route: Route;
  /** The number of the release that `rollBack` returns to unless told; undefined where there is none. */
  releaseBefore(): Promise<number | undefined>;
  /** Returns to an earlier release, to the one before unless told; measures nothing and takes no lease. */
  rollBack(to?: number): Promise<{
    /** The release that served before, or that whose manifests it ran. */
    readonly from: number;
    readonly backTo: number;
    readonly rolled: readonly string[];
  }>;
  /** Exchanges the key that images are signed with; undefined where the project has none of its own here. */
  exchangeSigningKey(): Promise<KeyRotation | undefined>;
  /** Exchanges the project's own certificate authority; what it has issued is not issued anew yet. */
  exchangeAuthority(): Promise<{
    /** The certificates to trust, PEM: until now, and from now on. */
    readonly before: string;
    readonly after: string;
    /** Until when those who trust the one before are served as well. */
    readonly until: Date;
  }>;
  /** Tells the monitoring of the way to the system as it is now: whom its probes trust. */
  watchAnew(): Promise<void>;
  /** Stops a node of a local cluster without warning. */
  stopNode(node: string): Promise<void>;
  /** The newest backup of a service, decrypted as it is read; undefined where there is none. */
  newestBackup(service: string): Promise<ReadableBackup | undefined>;
  /** Restores a dump into a server that is made for it and taken away again. */
  rehearse(service: string, dump: AsyncIterable<Uint8Array>): Promise<Rehearsal>;
  /** Begins to exchange a service's credentials; changes nothing yet. */
  rotation(service: string): Promise<CredentialRotation>;
  /** Replaces the pods that began with other credentials than there are now; returns their components. */
  rereadBindings(): Promise<readonly string[]>;
}

/** What a drill works on. */
export interface DrillInput {
  readonly client: KubernetesClient;
  readonly cluster: Cluster;
  readonly project: Project;
  readonly options: DrillOptions;
  readonly tools: DrillTools;
}

/** What a drill did. */
export interface Drilled {
  /** In one short sentence. */
  readonly text: string;
  readonly facts: DrillFacts;
}

/** Why this system has nothing to try a drill on. */
export interface NotPossible {
  readonly notPossible: string;
}

/** One drill. */
export interface Drill {
  readonly name: DrillName;
  /** What it does, in one line. */
  readonly summary: string;
  /** Whether it can be tried at all, asked before any request is sent; absent: always. */
  possible?(context: Context, input: Omit<DrillInput, 'tools'>): Promise<NotPossible | undefined>;
  /**
   * Does it, while requests go through the public door. Throws StepFailed or UserMistake where it does not come to its
   * end.
   */
  run(context: Context, input: DrillInput): Promise<Drilled | NotPossible>;
  /** What is wrong with what requests saw; absent: that one of them failed, or a row is missing. */
  judge?(traffic: TrafficResult, drilled: Drilled): Problem | undefined;
}
