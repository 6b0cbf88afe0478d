import type { Change } from '../core/event.ts';
import { hashOf } from './hash.ts';
import type { AnyObject, KubernetesObject } from './objects.ts';

/** What became, or would become, of one object. */
export interface ObjectChange {
  readonly change: Change;
  /** `hello/deployment/gateway` */
  readonly object: string;
  /** What was asked for, with its owner's labels; absent where it is deleted. */
  readonly wanted?: KubernetesObject;
  readonly before?: AnyObject;
  readonly after?: AnyObject;
}

/** What became of each object that was applied, in the order of applying. */
export type ChangeSet = readonly ObjectChange[];

/** What a dry run of this very command has found, so that nothing is asked twice. */
export interface Settled {
  /** Objects that are as they are wanted, by the hash of what was asked for. */
  readonly unchanged: ReadonlyMap<string, ObjectChange>;
  /** Whether nothing is there that is wanted no longer. */
  readonly nothingLeaves: boolean;
}

/** What of a dry run's result need not be asked again. */
export function settledBy(compared: ChangeSet, leaving: ChangeSet): Settled {
  const unchanged = compared.flatMap((change) =>
    change.change === 'unchanged' && change.wanted !== undefined
      ? [[hashOf(change.wanted), change] as const]
      : [],
  );
  return { unchanged: new Map(unchanged), nothingLeaves: leaving.length === 0 };
}
