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

/** `2 created, 1 configured, 14 unchanged`; `nothing` for an empty set. */
export function summary(changes: ChangeSet): string {
  const order: readonly Change[] = ['created', 'configured', 'deleted', 'unchanged'];
  const parts = order
    .map((change) => ({ change, count: changes.filter((entry) => entry.change === change).length }))
    .filter(({ count }) => count > 0)
    .map(({ change, count }) => `${count} ${change}`);
  return parts.length === 0 ? 'nothing' : parts.join(', ');
}
