import { isDeepStrictEqual } from 'node:util';
import type { ChangeSet } from '../kubernetes/change-set.ts';

/** The Deployments whose pods a change replaces: new ones, and those whose template differs. */
export function replacedPods(changes: ChangeSet): readonly string[] {
  return changes.flatMap(({ before, after, wanted, change }) => {
    const object = after ?? wanted;
    if (object?.kind !== 'Deployment' || change === 'unchanged') return [];
    const same = before !== undefined && isDeepStrictEqual(before.spec?.template, after?.spec?.template);
    return same ? [] : [object.metadata.name];
  });
}
