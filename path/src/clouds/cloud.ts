import type { Problem } from '../core/failure.ts';
import type { AcmeIssuer, Entry, ManagedDatabase, RegistryAccess } from '../core/handover.ts';
import type { Secret } from '../core/secret.ts';
import type { Context } from '../effects/context.ts';
import type { Project } from '../project/project.ts';
import type { Price, PriceTable } from './price.ts';
import type { Resource, Seen } from './resource.ts';

/** What a failed call means for what is to be done next. */
export type Failure =
  /** The same call may go through in a while: throttling, the service's own trouble, not seen everywhere yet. */
  | 'again'
  /** It may or may not have taken effect: look again. */
  | 'unknown'
  /** It is there already, or somebody else is making it. */
  | 'exists'
  /** It is not there. */
  | 'gone'
  /** Something else still uses it. */
  | 'in-use'
  /** These credentials may not. */
  | 'denied'
  /** These credentials are none, or have ended. */
  | 'credentials'
  /** The account's quota or the zone's capacity is used up. */
  | 'limit'
  /** The service does not take what was asked for. */
  | 'refused';

/** A list of what is wanted in an account for a project's target. */
export interface Stack<Api> {
  /** The one with the id `cluster` is the cluster. */
  readonly resources: readonly Resource<Api>[];
  /** Ids of the resources that images can be published after. */
  readonly registry: readonly string[];
  /** What the cluster itself makes and the account pays: load balancers, nodes, volumes. */
  readonly indirect: readonly { readonly text: string; readonly costs: readonly Price[] }[];
  /** What would be cheaper, or dearer and safer, in a sentence each. */
  readonly choices: readonly string[];
}

/** An account that lets us in. */
export interface Session<Api> {
  readonly api: Api;
  /** The account, project or subscription. */
  readonly account: string;
  /** Who the credentials are: an ARN, an e-mail address. */
  readonly who: string;
  close(): Promise<void>;
}

/** The cluster that a stack ends in, as the path goes on with it. */
export interface ManagedCluster {
  readonly name: string;
  readonly version: string;
  /** `https://…` */
  readonly server: string;
  /** The certificate authority of its API server, PEM. */
  readonly authority: string;
  /** A token that is good for at least a minute; asked for before every request. */
  token(): Promise<Secret>;
  /** Annotations of the load balancer's Service. */
  readonly loadBalancer?: Readonly<Record<string, string>>;
  /** Objects that the cloud's cluster lacks: a storage class. Plain documents, applied before anything else. */
  readonly objects: readonly object[];
  readonly storageClass: string;
  /** By the service's name in ptp.yaml. */
  readonly databases: Readonly<Record<string, ManagedDatabase>>;
  /** Who certificates are asked of, where a public authority is. */
  readonly acme?: AcmeIssuer;
  /** Annotations of cert-manager's ServiceAccount, by which it may write to the zone; absent: it needs none. */
  readonly certificates?: Readonly<Record<string, string>>;
  /** Labels of its pods, where the cloud asks for them as well. */
  readonly certificatePods?: Readonly<Record<string, string>>;
  /** How users on this machine reach the gateway; absent: DNS answers that. */
  readonly entry?: Entry;
}

/** A public cloud: one folder with the same file names, one line in kinds.ts. */
export interface Cloud<Api = unknown> {
  /** `Amazon EKS` */
  readonly title: string;
  readonly prices: PriceTable;
  /** Who carries routes: Traefik, which is installed behind a load balancer of the cloud's, or a class that its clusters have. */
  readonly gateway: 'traefik' | { readonly class: string };
  /** Everything about a target that the services would refuse later; looked at before any call. Pure. */
  check(project: Project): readonly Problem[];
  /** What is wanted. Pure: needs no credentials. */
  stack(project: Project): Stack<Api>;
  /**
   * Lets itself in by the credentials that the cloud's own tools would use. Undefined where there are none at all.
   * @throws UserMistake where they are not accepted, have ended, or are another account's than the target names
   */
  enter(context: Context, project: Project): Promise<Session<Api> | undefined>;
  /** What somebody without credentials is to do; an imperative sentence. */
  readonly howToEnter: string;
  /** What an error of a call means. Pure. */
  failure(error: unknown): Failure;
  /** What an error says, in one line, without secrets and request signatures. Pure. */
  words(error: unknown): string;
  /** Quotas that the stack would hit and permissions that the caller lacks, as far as the cloud tells. Changes nothing. */
  obstacles(
    session: Session<Api>,
    project: Project,
    wanted: readonly Resource<Api>[],
  ): Promise<readonly Problem[]>;
  /** Where images go; the stack's `registry` resources are ready. */
  registry(session: Session<Api>, project: Project, seen: Seen): Promise<RegistryAccess>;
  /** The cluster; all resources are ready. */
  cluster(session: Session<Api>, project: Project, seen: Seen): Promise<ManagedCluster>;
  /** Points the project's domain at an address of the gateway's: an IP address or a host name. Repeatable. */
  point(session: Session<Api>, project: Project, seen: Seen, address: string): Promise<void>;
  /** The name servers that the parent of a zone of ours has to delegate to; empty where somebody else's zone is used. */
  nameServers(seen: Seen, project: Project): readonly string[];
  /** What is in the account with our tags or our cluster's and is none of the stack's resources. Changes nothing. */
  leftovers(session: Session<Api>, project: Project): Promise<readonly Leftover[]>;
}

/** Something with our tags, or our cluster's, that is still in the account. */
export interface Leftover {
  readonly kind: string;
  readonly name: string;
  /** It is kept on purpose: a last snapshot. */
  readonly kept?: boolean;
  /** The cluster made it (a load balancer, a disk, a network interface) and is to take it away before it goes itself. */
  readonly byCluster?: boolean;
  /** What it costs while it is there. */
  readonly costs?: readonly Price[];
}
