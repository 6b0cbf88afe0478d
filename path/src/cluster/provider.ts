import type { Problem } from '../core/failure.ts';
import type { Cluster, PublishedImage, RegistryAccess } from '../core/handover.ts';
import type { ImageSpec } from '../core/image-spec.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { Project } from '../project/project.ts';

/** A part of the cluster that runs in it as pods and whose images the path builds: DNS, volumes, the door. */
export interface Part {
  readonly name: string;
  /**
   * Whether what it runs is at hand, so that it can be put in beside the rest without taking time from it. Only parts
   * that no user waits for have this: one that says no is put in when the system serves.
   */
  atHand?(): Promise<boolean>;
  /** What to build for it; resolves when what goes into the images is there. */
  images(): Promise<readonly ImageSpec[]>;
  /** Applies it; changes nothing where it is there already. */
  install(
    client: KubernetesClient,
    images: readonly PublishedImage[],
    cluster: Pick<Cluster, 'pullSecret'>,
  ): Promise<void>;
  /** Resolves when it works. */
  ready(client: KubernetesClient): Promise<void>;
}

/** What can be worked with before a cluster answers: images are published and parts are prepared meanwhile. */
export interface Groundwork {
  readonly registry: RegistryAccess;
  /** What is to be put into the cluster, in the order of installing; without the first one no pod starts. */
  readonly parts: readonly Part[];
  /** Names of parts without which pods find neither each other nor their volumes. */
  readonly foundation: readonly string[];
  /** The repository prefix and tag of the parts' images. */
  readonly partImages: { readonly prefix: string; readonly tag: string };
}

/** How a cluster is now. */
export type ClusterState =
  | {
      readonly state: 'running';
      readonly cluster: Cluster;
      /** What is wrong with it although it answers, and does not show in it. */
      readonly problems?: readonly Problem[];
    }
  | { readonly state: 'stopped' | 'absent' }
  | { readonly state: 'unreachable'; readonly why: string; readonly next?: string };

/** One thing a cluster needs of this machine. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  readonly next?: string;
}

/** What taking a cluster away removed and kept, in a few words each. */
export interface Removed {
  readonly removed: readonly string[];
  /** What `data` would have removed too. */
  readonly kept: readonly string[];
  /** What stays in any case: somebody else's, a last copy of data. */
  readonly left?: readonly string[];
}

/** Data that is deleted for good with a cluster or a namespace. */
export interface StoredData {
  /** The service, or the volume's own name. */
  readonly name: string;
  /** A Kubernetes quantity: `1Gi`. */
  readonly size?: string;
  /** Bytes. */
  readonly used?: number;
}

/** A kind of cluster; each is a folder with these verbs, and one line in providers.ts. */
export interface ClusterProvider {
  /**
   * Makes it run, from whatever state it is in, and returns when it answers. `reachable` is called once, as soon as
   * images can be published to its registry.
   */
  start(context: Context, project: Project, reachable: (ground: Groundwork) => void): Promise<Cluster>;
  /** Looks at it; changes nothing. */
  find(context: Context, project: Project): Promise<ClusterState>;
  /** Takes it away; the data only where told. A cluster that is not ours is left alone. */
  remove(context: Context, project: Project, options: { readonly data: boolean }): Promise<Removed>;
  /** Looks at what it needs of this machine. */
  check(context: Context, project: Project | undefined): Promise<readonly Check[]>;
}
