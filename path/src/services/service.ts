import type {
  Binding,
  Cluster,
  CredentialRotation,
  ManagedDatabase,
  PublishedImage,
  Rehearsal,
  Restoration,
} from '../core/handover.ts';
import type { DebianImage } from '../core/image-spec.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { label } from '../kubernetes/labels.ts';
import type { KubernetesObject, SecretObject } from '../kubernetes/objects.ts';
import type { Project, Service } from '../project/project.ts';

/** What a kind of service is planned from. */
export interface ServiceInput {
  readonly project: Project;
  readonly service: Service;
  readonly cluster: Cluster;
  readonly image: PublishedImage;
  /** The Secret that the components get; made once, kept ever after. */
  readonly binding: SecretObject;
  /** What makes backups, and whom they are encrypted for; absent: nobody makes any. */
  readonly backup?: {
    readonly image: PublishedImage;
    readonly recipient: string;
    /** The Secret with the login for the registry that keeps them; absent: it asks for none. */
    readonly registry?: SecretObject;
  };
  /** The Secret that only the service itself reads. */
  readonly admin: SecretObject;
}

/** One kind of service: how to make it, and how components get into it. */
export interface ServiceKind {
  /** What its pods run. */
  image(service: Service): DebianImage;
  /** What makes its backups; absent: it is backed up otherwise. */
  backupImage?(service: Service): DebianImage;
  /** New credentials, as the Secrets to keep them in. Called only where the cluster has none yet. */
  credentials(
    project: Project,
    service: Service,
    /** The server that a cloud runs for it; undefined: it runs in the cluster. */
    database?: ManagedDatabase,
  ): { readonly binding: SecretObject; readonly admin: SecretObject };
  /** Whether a line that it wrote before it ended says that its data is damaged. Absent: nothing is known of that. */
  tellsOfDamage?(line: string): boolean;
  /** The objects that the service is made of, without the namespace and the credentials. */
  plan(input: ServiceInput): readonly KubernetesObject[];
  /** What components are told of it. */
  bind(input: ServiceInput): Binding;
  /**
   * Begins to exchange its credentials; changes nothing yet. Throws StepFailed where it does not run. Absent: cannot.
   */
  rotate?(context: Context, place: ServicePlace): Promise<CredentialRotation>;
  /** Restores a dump into a server that is made for it and taken away again. Absent: cannot. */
  rehearse?(context: Context, place: ServicePlace, dump: AsyncIterable<Uint8Array>): Promise<Rehearsal>;
  /** Throws all of its data away, damaged as it may be, and has it begin with none. Absent: cannot. */
  beginAnew?(context: Context, place: ServicePlace): Promise<void>;
  /** Whether it holds nothing at all. Throws StepFailed where it does not answer. Absent: nothing is known of that. */
  isEmpty?(context: Context, place: ServicePlace): Promise<boolean>;
  /**
   * Begins to put a backup in the place of its data; changes nothing yet. Throws StepFailed where it does not run.
   * Absent: cannot.
   */
  restoration?(context: Context, place: ServicePlace): Promise<Restoration>;
}

/** A service that runs. */
export interface ServicePlace {
  readonly client: KubernetesClient;
  readonly project: Project;
  readonly service: Service;
  /** The server that a cloud runs for it; absent: it runs in the cluster. */
  readonly database?: ManagedDatabase;
}

/**
 * On the binding's Secret where its credentials were exchanged: the revision of those that the data was made with. It is
 * what tells other credentials from other data.
 */
export const originAnnotation = 'ptp.dev/origin';

/** Names of the Secrets of a service: what components mount, and what only the service itself reads. */
export function secretNames(service: Service): { readonly binding: string; readonly admin: string } {
  return { binding: `${service.name}-binding`, admin: `${service.name}-admin` };
}

/** A Secret of a service, by what it is to hold in the clear. */
export function serviceSecret(
  { target }: Pick<Project, 'target'>,
  service: Pick<Service, 'name'>,
  name: string,
  { type, data }: { readonly type: string; readonly data: Readonly<Record<string, string>> },
): SecretObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: target.namespace, labels: { [label.service]: service.name } },
    type,
    data: Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    ),
  };
}
