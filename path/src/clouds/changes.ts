import type { FieldChange } from '../core/event.ts';
import type { Found, Resource } from './resource.ts';

/** What is to become of a resource. */
export type Intent =
  /** It is not there. */
  | 'create'
  /** It is there and differs. */
  | 'update'
  /** It is there as it is wanted. */
  | 'keep'
  /** It is being made or deleted: what it will be is not known yet. */
  | 'wait'
  /** It failed when it was made, holds nothing, and is made anew. */
  | 'replace'
  /** It has to be there already, and is not. */
  | 'missing'
  /** It has this name and is somebody else's. */
  | 'foreign';

/** A resource and what is to become of it. */
export interface Wanted {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly intent: Intent;
  /** In which fields it differs. */
  readonly fields: readonly FieldChange[];
}

/** What is to become of a resource as it was found. Pure. */
export function intentOf(
  resource: Pick<Resource<never>, 'borrowed' | 'holdsData' | 'later'>,
  found: Found<unknown> | undefined,
): Intent {
  if (found === undefined && resource.later === true) return 'keep';
  if (found === undefined) return resource.borrowed === true ? 'missing' : 'create';
  if (resource.borrowed === true) return 'keep';
  if (!found.ours) return 'foreign';
  switch (found.state) {
    case 'pending':
    case 'deleting':
      return 'wait';
    case 'failed':
      return resource.holdsData === true ? 'keep' : 'replace';
    case 'ready':
      return found.drift.length > 0 ? 'update' : 'keep';
  }
}
