import type { PublishedImage } from '../../../core/handover.ts';
import type { KubernetesObject } from '../../../kubernetes/objects.ts';

/** The namespace of what ptp adds to a bare cluster. */
export const systemNamespace = 'ptp-system';

/** What an add-on's objects depend on. */
export interface AddOnInput {
  /** By the image's name. */
  readonly image: (name: string) => PublishedImage;
  /** The folder of a component's documents: `crds` of cert-manager. */
  readonly documents: (component: string) => string;
  readonly dns: string;
  readonly nodeAddress: string;
  readonly volumes: string;
}

/** A part that runs in the cluster and that a bare Kubernetes lacks. */
export interface AddOn {
  readonly name: string;
  /** Its images, by the names in images.ts. */
  readonly images: readonly string[];
  /** Components whose documents `objects` reads. */
  readonly documents: readonly string[];
  readonly objects: (input: AddOnInput) => Promise<readonly KubernetesObject[]>;
  /** The Deployment that has to be available for the add-on to work. */
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
