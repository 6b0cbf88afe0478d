import type { Cloud } from './cloud.ts';

/** A public cloud as ptp.yaml knows it: words for those who write one, and the way to all the rest. */
export interface CloudKind {
  /** What a target of it is made of: `Amazon EKS (Auto Mode), ECR, RDS, Route 53`. */
  readonly title: string;
  /** What `account` is there; a sentence. */
  readonly account: string;
  /** A size of a database's server, and a region, as examples. */
  readonly size: string;
  readonly region: string;
  /**
   * CIDRs of name servers that are neither pods nor addresses of the node's own, as network policies see them; absent:
   * there are none.
   */
  readonly nameServers?: readonly string[];
  /** The cloud itself. Its SDKs are large: nothing of it is loaded before a target of it is used. */
  load(): Promise<Cloud>;
}
