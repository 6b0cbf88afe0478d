import type { FieldChange } from './event.ts';
import type { Problem } from './failure.ts';

/** What would become of one resource of a cloud's account, and what it costs. */
export interface BilledResource {
  /** `EKS cluster` */
  readonly kind: string;
  readonly name: string;
  readonly change: 'create' | 'update' | 'keep' | 'wait' | 'replace' | 'missing' | 'foreign';
  readonly fields: readonly FieldChange[];
  /** Whether it was found. */
  readonly there: boolean;
  /** Whether `down` takes it away: it is neither somebody else's nor the whole account's. */
  readonly goes: boolean;
  /** A month, by list prices; absent: nothing worth a line. */
  readonly monthly?: number;
  /** Seconds that making it usually takes. */
  readonly usually?: number;
}

/** What a target in a public cloud would be made of, and what that costs a month. */
export interface Bill {
  /** `Amazon EKS` */
  readonly cloud: string;
  readonly region: string;
  /** The account that was looked at; absent: there were no credentials, and all is taken to be new. */
  readonly account?: { readonly name: string; readonly who: string };
  /** What somebody without credentials is to do. */
  readonly howToEnter: string;
  /** In the order in which they are made. */
  readonly resources: readonly BilledResource[];
  /** What the cluster makes in the account once it runs: load balancers, nodes. */
  readonly indirect: readonly { readonly text: string; readonly monthly: number }[];
  /** All of it together; ISO 4217 in `currency`. */
  readonly monthly: number;
  readonly currency: string;
  /** The month that the prices were looked up in: `2026-11`. */
  readonly date: string;
  /** What would be cheaper, or dearer and safer. */
  readonly choices: readonly string[];
  /** Quotas that would be hit and permissions that lack. */
  readonly obstacles: readonly Problem[];
}
