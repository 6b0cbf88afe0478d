import type { PublishedImage } from '../../../core/handover.ts';
import type { ImageSpec } from '../../../core/image-spec.ts';
import type { Secret } from '../../../core/secret.ts';
import type { KubernetesClient } from '../../../kubernetes/client.ts';
import type { KubernetesObject } from '../../../kubernetes/objects.ts';

/** The namespace of what ptp adds to a bare cluster. */
export const systemNamespace = 'ptp-system';

/** A node of ours, where nobody else hands out names, addresses and volumes. */
export interface NodeSite {
  readonly kind: 'node';
  readonly dns: string;
  readonly nodeAddress: string;
  readonly volumes: string;
  /** Name servers that know the zones in which domains are shown to be ours; empty: those that know all names. */
  readonly zoneServers: readonly string[];
}

/** A cluster that a cloud runs: it has names, volumes and load balancers of its own. */
export interface CloudSite {
  readonly kind: 'cloud';
  /** Annotations of the load balancer's Service. */
  readonly loadBalancer: Readonly<Record<string, string>>;
  /** Annotations of the ServiceAccount that certificates are asked for with. */
  readonly certificates: Readonly<Record<string, string>>;
  /** Labels of the pods that ask for them. */
  readonly certificatePods: Readonly<Record<string, string>>;
  /** What volumes are made by. */
  readonly storageClass: string;
}

/** A cluster that somebody else runs: what is put there is one project's, and sees no more than that. */
export interface GuestSite {
  readonly kind: 'guest';
  /** The project's namespace, the only one that is looked at. */
  readonly watched: string;
  /** Whether these credentials may let it look at nodes. */
  readonly nodes: boolean;
  /** What volumes are made by; absent: the cluster's default. */
  readonly storageClass?: string;
  /** Whether there is anything that makes volumes. */
  readonly volumes: boolean;
  /** What nodes pull its images with; absent: they need nothing. */
  readonly pullSecret?: Secret;
}

/** What an add-on's objects depend on. */
export interface AddOnInput<Site = NodeSite | CloudSite> {
  /** By the image's name. */
  readonly image: (name: string) => PublishedImage;
  readonly site: Site;
}

/** A part that runs in the cluster and that a bare Kubernetes lacks. */
export interface AddOn<Site = NodeSite | CloudSite> {
  readonly name: string;
  /** The component in source/components.ts that it runs: its program is one image. */
  readonly component: string;
  readonly program: string;
  /** Further programs of the component, each an image of its own: the image's name → the program's. */
  readonly further?: Readonly<Record<string, string>>;
  /** Further programs of other components, each an image of the component's name. */
  readonly beside?: readonly { readonly component: string; readonly program: string }[];
  /** Images that it needs beside those of its programs. */
  readonly helpers?: readonly ImageSpec[];
  /** Whether the component's resource definitions (`crds/`) are applied before its objects. */
  readonly documents: boolean;
  readonly objects: (input: AddOnInput<Site>) => Promise<readonly KubernetesObject[]>;
  /** The Deployment that has to be available for the add-on to work. */
  readonly afterApply?: (client: KubernetesClient, site: Site) => Promise<void>;
  readonly deployment: { readonly namespace: string; readonly name: string };
}

/** A container's rights as the restricted Pod Security Standard asks for. */
export const restricted = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
} as const;
