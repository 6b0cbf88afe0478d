import type { Change } from '../core/event.ts';
import type { AnyObject } from './objects.ts';

/** What became, or would become, of one object. */
export interface ObjectChange {
  readonly change: Change;
  /** `hello/deployment/gateway` */
  readonly object: string;
  readonly before?: AnyObject;
  readonly after?: AnyObject;
}

/** What became of each object that was applied, in the order of applying. */
export type ChangeSet = readonly ObjectChange[];
