import type { Making } from './making.ts';
import type { Secret } from './secret.ts';

/** `sha256:` and 64 hexadecimal digits (OCI image spec 1.1, descriptor.md, "Digests"). */
export type Digest = `sha256:${string}`;

/** What a blob is and how to know it (OCI image spec 1.1, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A blob in the content store on this machine: `path` holds exactly the bytes that `descriptor` names. */
export interface StoredBlob {
  readonly descriptor: Descriptor;
  readonly path: string;
}

/** An image that was built here and is not yet anywhere else. */
export interface BuiltImage {
  /** The component's name, or that of a part of the cluster. It becomes the repository's last word. */
  readonly name: string;
  readonly manifest: StoredBlob;
  readonly config: StoredBlob;
  readonly layers: readonly StoredBlob[];
  /** What the image runs, from its configuration. */
  readonly entrypoint: readonly string[];
  /** How it came to be; absent for what no builder made. */
  readonly making?: Making;
}

/** An image in a registry. */
export interface PublishedImage {
  readonly name: string;
  /** By digest, as the cluster's nodes pull it: `registry.ptp.internal/hello/gateway@sha256:…`. */
  readonly reference: string;
  readonly digest: Digest;
  /** Tags that people may use; nothing is deployed by them. */
  readonly tags: readonly string[];
}

/** A registry as this machine reaches it and as the cluster's nodes name it. */
export interface RegistryAccess {
  /** Where pushes go: `http://10.77.0.2:5000` or `https://…`. */
  readonly url: string;
  /** The host part of the references that nodes pull. */
  readonly name: string;
  /** The repository's first words, without a slash at its end: the project's name. */
  readonly prefix: string;
  /** Absent: those of this machine's Docker configuration, if it has any. */
  readonly credentials?: { readonly username: string; readonly password: Secret };
}

/** A manifest that refers to another: a signature, a list of parts, a statement of origin. */
export type Referrer = Descriptor & { readonly artifactType?: string };

/** What is attached to an image. */
export interface Attachment {
  /** `application/vnd.dev.sigstore.bundle.v0.3+json`, … */
  readonly artifactType: string;
  /** The manifest it is about, in the same repository. */
  readonly subject: Descriptor;
  /** The one blob of the artifact. */
  readonly content: Uint8Array;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Images in a registry and what is attached to them. `image` is a name as in `PublishedImage`. */
export interface Attachments {
  /** What refers to an image. Throws StepFailed or UserMistake. */
  list(image: string, subject: Digest): Promise<readonly Referrer[]>;
  /** Attaches an artifact; the same once more changes nothing. Throws StepFailed or UserMistake. */
  attach(image: string, attachment: Attachment): Promise<Referrer>;
  /** A manifest's bytes, verified by its digest; undefined where the registry lacks it. */
  manifest(image: string, digest: Digest): Promise<Uint8Array | undefined>;
  /** A blob's bytes as they come: whoever reads them compares digests. Throws StepFailed where it is not there. */
  blob(image: string, blob: Descriptor): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** A cluster that answers. */
export interface Cluster {
  readonly name: string;
  /** `local`, `kubeconfig`, `eks`, … */
  readonly provider: string;
  /** The API server's version: `v1.37.2`. */
  readonly version: string;
  /** A kubeconfig document with the rights to deploy. */
  readonly kubeconfig: Secret;
  readonly registry: RegistryAccess;
  /** The name of the storage class for databases; absent: the cluster's default. */
  readonly storageClass?: string;
  /** The Gateway API class that carries routes. */
  readonly gatewayClass: string;
  /** The ports that the gateway's listeners have to name; absent: those of Traefik's usual entry points. */
  readonly listenerPorts?: { readonly http: number; readonly https: number };
  /** A `.dockerconfigjson` document that nodes pull the project's images with; absent where they need none. */
  readonly pullSecret?: Secret;
  /** How users on this machine reach the gateway; absent where DNS answers that. */
  readonly entry?: Entry;
  /** A bearer token for the API server that is asked for before each request; absent: the kubeconfig has all. */
  readonly token?: TokenSource;
  /** Database servers that a cloud runs, by the service's name in ptp.yaml; the others run in the cluster. */
  readonly databases?: Readonly<Record<string, ManagedDatabase>>;
  /** Who certificates are asked of; absent: an authority of the system's own. */
  readonly acme?: AcmeIssuer;
  /** Points the system's domain at the gateway's address; absent: somebody else does. May be repeated. */
  readonly point?: (address: string) => Promise<void>;
}

/** Gives a token that is good for at least a minute. Throws UserMistake where the credentials behind it have ended. */
export type TokenSource = () => Promise<Secret>;

/** A PostgreSQL server that a cloud runs. */
export interface ManagedDatabase {
  readonly host: string;
  readonly port: number;
  /** The server's own administrator: makes the application's role and database, and nothing else. */
  readonly admin: { readonly username: string; password(): Promise<Secret> };
  /** Certificate authorities of its TLS certificate, PEM; absent: those that every machine knows. */
  readonly authority?: string;
  /** The addresses that it is among, for network policies: `10.0.0.0/16`; absent: any. */
  readonly cidr?: string;
}

/** A public certificate authority that speaks ACME (RFC 8555), and how it is shown that the domain is ours. */
export interface AcmeIssuer {
  /** The directory's URL. */
  readonly server: string;
  /** Whom it tells of trouble. */
  readonly email?: string;
  /** cert-manager's solver (acme.cert-manager.io/v1 ACMEChallengeSolver) for the challenge DNS01; absent: HTTP01 at the gateway. */
  readonly dns01?: Readonly<Record<string, unknown>>;
  /** Seconds until the challenge is answered for everybody; absent: cert-manager looks itself, as everybody would. */
  readonly wait?: number;
  /** A Secret of the project's namespace that the solver names: its keys and what they hold. */
  readonly credentials?: { readonly name: string; readonly data: Readonly<Record<string, Secret>> };
  /** Authorities that machines do not know, PEM: of the directory's own certificate, and of those that it issues. */
  readonly authority?: string;
}

/** Where a local cluster's public door is. */
export interface Entry {
  /** An IP address. */
  readonly address: string;
  readonly http: number;
  readonly https: number;
}

/** A service that components are bound to (Service Binding specification 1.1: a Secret with the binding's files). */
export interface Binding {
  /** The service's name in ptp.yaml; the folder below SERVICE_BINDING_ROOT. */
  readonly name: string;
  /** The Secret that holds the files. */
  readonly secret: string;
  /** Changes when the Secret's content does, and shows nothing of it: rolls the pods that mount it. */
  readonly revision: string;
  /**
   * As `revision`, but the same when credentials are only exchanged for others to the same data: what a migration goes
   * by. Absent: they never were.
   */
  readonly origin?: string;
  /** The pods that answer for it, for network policies; absent: it is outside of the cluster. */
  readonly selector?: Readonly<Record<string, string>>;
  /** The addresses it is among where it is outside; absent: any. */
  readonly cidr?: string;
  readonly port: number;
}

/** Credentials of a service that are exchanged for others to the same data, while components go on using it. */
export interface CredentialRotation {
  /** Who the components are now, and who they become: names of roles. */
  readonly from: string;
  readonly to: string;
  /** How many connections a role has. */
  connections(role: string): Promise<number>;
  /** Lets both in, and names the new one in the binding. */
  begin(): Promise<void>;
  /** Lets the old one in no more. */
  revoke(): Promise<void>;
}

/** What came of exchanging a project's signing key. */
export interface KeyRotation {
  /** The names of the keys: the sha256 of their public halves. */
  readonly from: string;
  readonly to: string;
  /** How many images of releases were looked at, and how many signatures were added to them. */
  readonly images: number;
  readonly signatures: number;
}

/** A backup of a service, as it is kept outside of its cluster. */
export interface StoredBackup {
  /** `registry.example.com/hello/database-backup:20261126t031700z` */
  readonly name: string;
  /** The moment whose data it has. */
  readonly created: Date;
  /** Bytes, as they are kept. */
  readonly bytes: number;
  /** What it holds, as it comes. */
  dump(): AsyncIterable<Uint8Array>;
  /** What its tables were: a line for each. */
  tables(): AsyncIterable<Uint8Array>;
}

/** What came of restoring a dump into a server that was made for it. */
export interface Rehearsal {
  /** What its tables are: a line for each. */
  readonly tables: string;
  /** How long restoring took. */
  readonly seconds: number;
}

/** A service whose data is replaced by what a backup holds, made beside it first. Nothing is changed until `switchOver`. */
export interface Restoration {
  /** The database that what is replaced is kept as, until it is let go of. */
  readonly replaced: string;
  /**
   * The name of the backup that serves already, where an earlier restoration was broken off after it had switched over: what
   * it replaced is there still.
   */
  readonly unfinished?: string;
  /** What the tables of the data that serves are now: a line for each. Throws StepFailed where they cannot be read. */
  present(): Promise<string>;
  /** Makes the database beside of a dump; what an earlier attempt has left of one is thrown away. */
  restore(dump: AsyncIterable<Uint8Array>): Promise<Rehearsal>;
  /** Does something while a Secret lets components use the database beside as they use the one that serves; its name. */
  withBinding<T>(work: (secret: string) => Promise<T>): Promise<T>;
  /**
   * Puts the database beside in the place of the one that serves, whose connections are ended; all or nothing.
   * @param backup the name of what it was made of, to be remembered
   */
  switchOver(backup: string): Promise<void>;
  /** What the tables of what was replaced are: a line for each. */
  replacedTables(): Promise<string>;
  /** Deletes what was replaced. */
  forgetReplaced(): Promise<void>;
  /** Deletes the database beside. Nothing to do is no error. */
  discard(): Promise<void>;
}

/** What runs after a deploy. */
export interface Release {
  readonly namespace: string;
  readonly images: readonly PublishedImage[];
  /** Components whose pods were replaced. */
  readonly rolled: readonly string[];
}

/** How users reach the system. */
export interface Route {
  /** `https://hello.localhost` */
  readonly url: string;
  readonly entry?: Entry;
  /** The gateway's address as it tells itself, an IP address or a host name: where DNS has to point. */
  readonly gateway?: string;
  /** The certificate authority's certificate, PEM, where users' machines do not know it. */
  readonly authority?: string;
  /** The directory of the authority that issued the certificate, where it is none of the system's own. */
  readonly issuedBy?: string;
}

/** What a request of the measured traffic asks for. */
export type TrafficKind = 'page' | 'write' | 'read' | 'count' | 'asset';

/**
 * How a request failed: a status that is wrong, a connection refused, reset, not secure or unanswered; an answer with
 * another content than it must have; or one that was not sent since too many waited for their answers already.
 */
export type TrafficFailureKind =
  | '4xx'
  | '5xx'
  | 'refused'
  | 'reset'
  | 'tls'
  | 'timeout'
  | 'content'
  | 'unsent'
  | 'other';

/** One request that failed. */
export interface TrafficFailure {
  /** Seconds from the first request to the moment when this one was due. */
  readonly at: number;
  /** `POST /api/ on a new connection` */
  readonly request: string;
  readonly kind: TrafficFailureKind;
  /** `503`, `ECONNREFUSED` */
  readonly what: string;
}

/** Milliseconds from when requests were due to the ends of their answers; those that failed are not in it. */
export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** What came of some requests. */
export interface TrafficFigures {
  /** Those that were answered or have failed. */
  readonly requests: number;
  readonly failed: number;
  /** Absent where none was answered. */
  readonly latency?: Latency;
}

/** What the measured traffic has seen up to a moment. All but `quiet` and `writes` counts from the first change on. */
export interface TrafficSnapshot extends TrafficFigures {
  readonly url: string;
  /** Requests a second. */
  readonly rate: number;
  /** Seconds since the first change; 0 before it. */
  readonly seconds: number;
  readonly failures: Readonly<Partial<Record<TrafficFailureKind, number>>>;
  /** Seconds from the first change to when the last request that failed was due; absent: none has since then. */
  readonly lastFailed?: number;
  /** The first few failures. */
  readonly examples: readonly TrafficFailure[];
  readonly kinds: Readonly<Partial<Record<TrafficKind, TrafficFigures>>>;
  /** How many went on a kept connection, and how many on one of their own. */
  readonly connections: { readonly kept: number; readonly fresh: number };
  /** Assets of the version before that only its pods had: the page names others now. These are no failures. */
  readonly superseded: number;
  /** Before the first change. */
  readonly quiet: TrafficFigures;
  /** Rows that were acknowledged; absent where none is written. */
  readonly writes?: { readonly acknowledged: number };
}

/** Requests at a constant rate through the system's public URL while its pods were replaced. JSON can carry it. */
export interface TrafficResult extends Omit<TrafficSnapshot, 'writes'> {
  /** Requests a second that were sent in fact. */
  readonly sent: number;
  /** Whether it went on until the last old pod had gone. */
  readonly drained: boolean;
  /** Seconds of processor time that sending took. */
  readonly processor: number;
  readonly writes?: {
    readonly acknowledged: number;
    /** How many of them were asked for again at the end. */
    readonly checked: number;
    /** Of these: not there any more. */
    readonly missing: number;
    /** Of these: not answered in several attempts. */
    readonly unread: number;
  };
}
