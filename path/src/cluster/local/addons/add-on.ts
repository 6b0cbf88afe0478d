import type { PublishedImage } from '../../../core/handover.ts';
import type { ImageSpec } from '../../../core/image-spec.ts';
import type { KubernetesClient } from '../../../kubernetes/client.ts';
import type { KubernetesObject } from '../../../kubernetes/objects.ts';

/** The namespace of what ptp adds to a bare cluster. */
export const systemNamespace = 'ptp-system';

/** What an add-on's objects depend on. */
export interface AddOnInput {
  /** By the image's name. */
  readonly image: (name: string) => PublishedImage;
  readonly dns: string;
  readonly nodeAddress: string;
  readonly volumes: string;
}

/** A part that runs in the cluster and that a bare Kubernetes lacks. */
export interface AddOn {
  readonly name: string;
  /** The component in source/components.ts that it runs: its program is one image. */
  readonly component: string;
  readonly program: string;
  /** Images that it needs beside that of its program. */
  readonly helpers?: readonly ImageSpec[];
  /** Whether the component's resource definitions (`crds/`) are applied before its objects. */
  readonly documents: boolean;
  readonly objects: (input: AddOnInput) => Promise<readonly KubernetesObject[]>;
  /** The Deployment that has to be available for the add-on to work. */
  readonly afterApply?: (client: KubernetesClient, input: Omit<AddOnInput, 'image'>) => Promise<void>;
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
