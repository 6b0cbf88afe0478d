import type { Bill } from '../core/bill.ts';
import type { ObservedUse } from '../core/cost.ts';
import type { Cluster, Digest } from '../core/handover.ts';
import type { Watching } from '../core/watching.ts';
import type { AnyObject, NodeObject } from '../kubernetes/objects.ts';
import type { Project } from '../project/project.ts';
import type { ReleaseRecord } from '../releases/record.ts';

/**
 * A system as it is at one moment, read once: what is explained, reported, priced and shown is computed from this by
 * pure functions, so that nothing of it contradicts itself. JSON can carry it, and no secret is in it.
 */
export interface Snapshot {
  /** When it was read, ISO 8601. */
  readonly taken: string;
  readonly project: Project;
  /** ptp.yaml as it was read, for tracing fields to their lines. */
  readonly file: { readonly shownAs: string; readonly text: string };
  readonly cluster: ClusterFacts;
  /** `https://hello.localhost` */
  readonly url: string;
  readonly nodes: readonly NodeObject[];
  /** The namespace, what is in it but Secrets, and what stands for it beside it: classes, admission policies. */
  readonly objects: readonly AnyObject[];
  readonly secrets: readonly SecretFacts[];
  /** The oldest first. */
  readonly releases: readonly ReleaseRecord[];
  readonly certificates: readonly CertificateFacts[];
  /** Of the release that serves. */
  readonly images: readonly ImageFacts[];
  /** Of pods of the whole cluster; empty where nodes do not tell. */
  readonly usage: readonly PodUsage[];
  /** Of components, within the last week; empty where nobody has looked. */
  readonly observed: readonly ObservedUse[];
  /** What the components have answered since their pods started; those that do not tell are left out. */
  readonly requests: readonly RequestCounts[];
  /** What watches over it; absent: nothing does. */
  readonly watching?: Watching;
  /** What its target is made of and costs; absent: it is not in a public cloud. */
  readonly bill?: Bill;
  /** What could not be read, and why. */
  readonly unread: readonly { readonly what: string; readonly why: string }[];
}

/** A cluster without the credentials for it. */
export interface ClusterFacts
  extends Pick<Cluster, 'name' | 'provider' | 'version' | 'gatewayClass' | 'entry'> {
  readonly registry: { readonly url: string; readonly name: string; readonly prefix: string };
  readonly storageClass?: string;
}

/** A Secret without its values. */
export interface SecretFacts {
  readonly name: string;
  readonly type: string;
  readonly keys: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly created?: string;
}

/** A certificate that users, or their machines, see. */
export interface CertificateFacts {
  /** The Secret that it is in. */
  readonly secret: string;
  readonly subject: string;
  readonly names: readonly string[];
  readonly issuer: string;
  /** ISO 8601. */
  readonly from: string;
  readonly until: string;
  readonly serial: string;
  readonly authority: boolean;
}

/** An image as the registry has it. */
export interface ImageFacts {
  readonly name: string;
  readonly digest: Digest;
  readonly reference: string;
  readonly tags: readonly string[];
  /** Absent where the registry lacks it. */
  readonly found?: {
    /** Bytes of each compressed layer. */
    readonly layers: readonly number[];
    /** `uid:gid` that it runs as. */
    readonly user?: string;
    readonly entrypoint: readonly string[];
    readonly labels: Readonly<Record<string, string>>;
  };
  /** The predicate types of what is attached: signatures, provenance, lists of parts. */
  readonly attached: readonly string[];
}

/** What a pod uses, as its node's kubelet tells (`/stats/summary`). */
export interface PodUsage {
  readonly namespace: string;
  readonly pod: string;
  readonly node: string;
  /** Processors: 0.25 is a quarter of one; over the last moments. */
  readonly cpu: number;
  /** Bytes that could not be taken away at once (working set). */
  readonly memory: number;
  /** What is kept for it: processors and bytes; absent where its pod has gone meanwhile. */
  readonly requested?: { readonly cpu: number; readonly memory: number };
  /** Bytes used of each claimed volume. */
  readonly volumes: readonly { readonly claim: string; readonly used: number; readonly capacity: number }[];
}

/** What one pod has answered since it started. */
export interface RequestCounts {
  readonly part: string;
  readonly pod: string;
  readonly total: number;
  /** Answers of 500 and above. */
  readonly failed: number;
  /** Seconds of all of them together. */
  readonly seconds: number;
}

/** The objects of a kind, in the order of their names. Pure. */
export function ofKind<T = AnyObject>(snapshot: Pick<Snapshot, 'objects'>, kind: string): readonly T[] {
  return snapshot.objects
    .filter((object) => object.kind === kind)
    .toSorted((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1)) as unknown as readonly T[];
}

/** One object by kind and name, the kind in any case; undefined where there is none. Pure. */
export function oneOf<T = AnyObject>(
  snapshot: Pick<Snapshot, 'objects'>,
  kind: string,
  name: string,
): T | undefined {
  return snapshot.objects.find(
    (object) => object.kind.toLowerCase() === kind.toLowerCase() && object.metadata.name === name,
  ) as T | undefined;
}
