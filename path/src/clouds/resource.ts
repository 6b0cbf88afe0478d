import type { FieldChange } from '../core/event.ts';
import type { Price } from './price.ts';

/** How a resource is as its service tells it. */
export type ResourceState = 'ready' | 'pending' | 'failed' | 'deleting';

/** A resource as it was found in the account. */
export interface Found<Value> {
  readonly state: ResourceState;
  /** Whether it carries this project's and target's tags, or belongs to something that does. */
  readonly ours: boolean;
  /** What others need to know of it: an identifier, an address. Of a pending one it may be incomplete. */
  readonly value: Value;
  /** Where it differs from what is wanted, in fields that the service returns and that can be put right. */
  readonly drift: readonly FieldChange[];
  /** Why it failed, in the service's words. */
  readonly why?: string;
}

/** What is known of the other resources while one is looked at or made. */
export interface Seen {
  /** What was found of a resource that this one needs. Throws Error where it is not there: `needs` lacks it. */
  of<Value>(resource: Resource<never, Value>): Value;
  /** The same; undefined where it is not there. */
  find<Value>(resource: Resource<never, Value>): Value | undefined;
  readonly signal: AbortSignal;
}

/**
 * One thing in a cloud account: pure data on what is wanted, and the calls that find, make, alter and delete it. It is
 * found by its deterministic name or by its tags; nothing about it is kept elsewhere. Every call may be repeated.
 * `Api` is what the cloud's calls go through; it is handed in, so that resources can be listed without credentials.
 */
export interface Resource<Api, Value = unknown> {
  /** Unique within the project's target: `cluster`, `subnet-a`. */
  readonly id: string;
  /** As people say it: `EKS cluster`. */
  readonly kind: string;
  /** What it is called in the account. */
  readonly name: string;
  /** What has to be there before it, and goes after it. */
  readonly needs: readonly Resource<Api>[];
  /** What is asked for, as the service's own fields; what people are shown. Never a secret. */
  readonly desired: Readonly<Record<string, unknown>>;
  /** Seconds that making it usually takes; absent: a moment. */
  readonly usually?: number;
  /** Seconds that it may take to become ready, or to be gone. */
  readonly deadline: number;
  /** What it costs; absent: nothing worth a line. */
  readonly costs?: readonly Price[];
  /** It holds data. */
  readonly holdsData?: boolean;
  /** It has to be there already: it is looked at and never made, altered or deleted. */
  readonly borrowed?: boolean;
  /** It is the whole account's: made where it lacks, and left there when the rest goes. */
  readonly stays?: boolean;
  /** Something else makes it, later: it is looked at, refused where it is somebody else's, and deleted. */
  readonly later?: boolean;
  /**
   * Looks for it. Undefined where it is not there; where something that it needs is not there, and it has a name of its
   * own that it can be found by, it is to be found all the same (`seen.find`): else it would be left behind.
   */
  find(api: Api, seen: Seen): Promise<Found<Value> | undefined>;
  /** Asks for it; does not wait until it is ready. An answer that it exists already is an error: it is looked for again. */
  create(api: Api, seen: Seen): Promise<void>;
  /** Puts right what differs. Absent: it never differs in what can be put right. */
  update?(api: Api, seen: Seen, found: Found<Value>): Promise<void>;
  /** Asks for its end; does not wait. Of what holds data a last copy is kept, unless told otherwise. */
  delete(api: Api, seen: Seen, found: Found<Value>, options: { readonly lastCopy: boolean }): Promise<void>;
  /** What that last copy is called; absent: there is none. */
  lastCopy?(found: Found<Value>): string;
}
