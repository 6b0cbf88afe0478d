import type { CloudKindName } from '../clouds/kinds.ts';
import type { AllowedSecret, VulnerabilityPolicy } from './policy.ts';

/** A system and where it is to run: ptp.yaml after loading, with every default filled in and one target chosen. */
export interface Project {
  readonly name: string;
  /** The absolute path of the folder that ptp.yaml is in. */
  readonly folder: string;
  readonly components: readonly Component[];
  readonly services: readonly Service[];
  readonly target: Target;
  /** How a rollout is measured; absent: not at all. */
  readonly rollout?: Rollout;
  /** What users may rely on; absent: nothing is promised. */
  readonly slo?: Slo;
  /** Who is told when something breaks; absent: nobody. */
  readonly alerts?: Alerts;
  /** What is done about vulnerabilities in images; absent: `usualPolicy`. */
  readonly vulnerabilities?: VulnerabilityPolicy;
  /** What looks like a credential in images and is none; absent: nothing. */
  readonly secrets?: { readonly allow: readonly AllowedSecret[] };
}

/** What users may rely on at the public route. Shares are from 0 to 1. */
export interface Slo {
  /** The share of requests that are answered without an error of the server. */
  readonly availability: number;
  /** The share of them that are answered within so many milliseconds. */
  readonly latency: { readonly within: number; readonly share: number };
  /** Days. */
  readonly window: number;
}

/** Where a secret value is, never the value itself: `env:VARIABLE`, or `secret:name/key`. */
export type SecretPlace = string;

/** Who is told when something breaks. */
export interface Alerts {
  readonly webhook?: SecretPlace;
  /** A Slack-compatible incoming webhook. */
  readonly slack?: SecretPlace;
  readonly email?: {
    readonly to: string;
    readonly from: string;
    /** Host and port. */
    readonly server: string;
    readonly username?: string;
    readonly password?: SecretPlace;
  };
  /** Called every minute while the monitoring works; absent: the webhook is. */
  readonly deadman?: SecretPlace;
}

/** How a rollout is measured, and what it may do to requests. */
export interface Rollout {
  /** Requests a second that go through the public URL while pods are replaced; 0: none. */
  readonly rate: number;
  /** How many of them may fail: a share of all (0 to 1), or so many. */
  readonly maxErrors: { readonly share: number } | { readonly count: number };
  /** Milliseconds that 99 of 100 requests must be answered within; absent: however long it takes. */
  readonly maxLatency?: number;
  /** Seconds that a new version has to become ready. */
  readonly deadline: number;
  /** Seconds that the migrations of a release may take together; 600 unless told. */
  readonly migrationDeadline?: number;
  /** Whether rows are written through the interface that makes data, where the system has it. */
  readonly writes: boolean;
}

/** One application of the system: becomes an image, a Deployment and a Kubernetes Service of its name. */
export interface Component {
  readonly name: string;
  /** The absolute path of its folder. */
  readonly source: string;
  /** How its image is built; absent: detected from the source. */
  readonly builder?: 'node' | 'static' | 'go';
  /** Settings of the builder `go`. */
  readonly go?: { readonly main?: string; readonly tags: readonly string[]; readonly ldflags?: string };
  /** A base image by digest (`registry/name@sha256:…`) instead of the builder's own. */
  readonly base?: string;
  /** The path below the domain that users reach it at. */
  readonly route?: string;
  /** The port it serves on; 8080 unless told. */
  readonly port: number;
  /** The port of its probes and metrics, which has no route; 9090 unless told. */
  readonly management: number;
  readonly env: Readonly<Record<string, string>>;
  /** Absolute path in the container → the file's content. */
  readonly files: Readonly<Record<string, string>>;
  /** Names of the services that it is bound to. */
  readonly needs: readonly string[];
  /** The program, with its arguments, that brings the database up to date; run from the new image before a rollout. */
  readonly migrate?: readonly string[];
  /** 2 unless told; where it is scaled, the fewest. */
  readonly replicas: number;
  /** How many copies there may be, and when there are more; absent: as many as `replicas` says. */
  readonly scale?: Scale;
  /** Kubernetes quantities. */
  readonly resources: { readonly cpu: string; readonly memory: string; readonly memoryLimit: string };
  /** Names of the components whose hosts appear in its env URLs, sorted. */
  readonly talksTo: readonly string[];
}

/** When the cluster runs more copies of a component than the fewest, and how many. */
export interface Scale {
  readonly max: number;
  /** What a copy may use on average before there are more: processor time, or a percentage of what is kept for it. */
  readonly cpu: { readonly quantity: string } | { readonly percent: number };
  /** Seconds that it has to use more before copies are added. */
  readonly up: number;
  /** Seconds that it has to do with fewer before copies go. */
  readonly down: number;
}

/** Something that components need and the path provides. */
export interface Service {
  readonly name: string;
  readonly type: 'postgres';
  /** The major version. */
  readonly version: number;
  /** A Kubernetes quantity: `1Gi`. */
  readonly storage: string;
  /** When backups are made (cron, UTC), and how many are kept; absent: none. */
  readonly backup?: { readonly schedule: string; readonly keep: number };
}

/** Where the system is to run. */
export interface Target {
  readonly name: string;
  readonly cluster: 'local' | 'kubeconfig' | CloudTarget['kind'];
  readonly domain: string;
  readonly namespace: string;
  /** The name of the local cluster; the project's name unless told. */
  readonly instance: string;
  /** The local cluster's public ports on this machine; 80 and 443 unless told. */
  readonly ports: { readonly http: number; readonly https: number };
  /** How many nodes the local cluster has; absent: 1. */
  readonly nodes?: number;
  /** The context of the kubeconfig; absent: its current one. */
  readonly context?: string;
  /** The absolute path of a kubeconfig; absent: the usual places. */
  readonly kubeconfig?: string;
  /** Where images are pushed: `registry.example.com/team`. */
  readonly registry?: string;
  readonly gatewayClass?: string;
  readonly storageClass?: string;
  /** What watches over the system; absent: nothing. */
  readonly monitoring?: 'cluster' | 'none';
  /** What is done with sources that no commit has; absent: nothing. */
  readonly uncommitted?: 'allow' | 'warn' | 'block';
  /** A public authority for certificates, on a target in no cloud; absent: an authority of the system's own. */
  readonly acme?: AcmeTarget;
  /** What is asked of a public cloud; absent on every other kind of target. */
  readonly cloud?: CloudTarget;
}

/** A public authority that speaks ACME (RFC 8555), and how it is shown that the domain is ours. */
export interface AcmeTarget {
  /** The directory's URL. */
  readonly server: string;
  readonly email?: string;
  /** The absolute path of a PEM file with authorities that machines do not know. */
  readonly authority?: string;
  /** Dynamic updates (RFC 2136) of the zone; absent: the gateway shows it. */
  readonly rfc2136?: {
    /** An IP address, with a port where it is not 53. */
    readonly nameServer: string;
    /** TSIG: `file` is the absolute path of a file with the secret in base64. */
    readonly key: {
      readonly name: string;
      readonly algorithm: 'hmac-sha1' | 'hmac-sha256' | 'hmac-sha512';
      readonly file: string;
    };
    /** Seconds until all of the zone's servers have an update. */
    readonly wait: number;
  };
}

/** Where in a public cloud a system is to run, and what of it the cloud runs. */
export interface CloudTarget {
  readonly kind: CloudKindName;
  readonly region: string;
  /** The AWS account, Google project or Azure subscription; absent: that of the credentials. */
  readonly account?: string;
  /** A DNS zone that is there already and that the domain is in; absent: one for the domain is made. */
  readonly zone?: string;
  /** CIDRs that may reach the cluster's API server; empty: all may. */
  readonly access: readonly string[];
  /** Whether databases are the cloud's own or run in the cluster. */
  readonly databases: 'managed' | 'cluster';
  /** The size of a managed database's server, in the cloud's words; absent: the smallest. */
  readonly databaseClass?: string;
  /** Where certificates come from; absent: an authority of the system's own, which browsers do not know. */
  readonly acme?: { readonly server: string; readonly email?: string };
  /** CIDRs of its clusters' name servers, where these are neither pods nor addresses of a node's own. */
  readonly nameServers?: readonly string[];
}
