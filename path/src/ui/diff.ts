import { fieldChanges } from '../kubernetes/field-changes.ts';
import { type AnyObject, type KubernetesObject, objectId, objectName } from '../kubernetes/objects.ts';
import type { ReleaseRecord } from '../releases/record.ts';
import type { ReleaseDiff } from './model.ts';

/** What would change in the cluster if one release were replaced by another. Pure. */
export function releaseDiff(from: ReleaseRecord, to: ReleaseRecord): ReleaseDiff {
  const [before, after] = [objectsOf(from), objectsOf(to)];
  const changes = [...new Set([...before.keys(), ...after.keys()])].flatMap((id): ReleaseDiff['changes'] => {
    const [old, now] = [before.get(id), after.get(id)];
    const object = objectName((now ?? old) as KubernetesObject);
    if (old === undefined) return [{ object, change: 'created', fields: [] }];
    if (now === undefined) return [{ object, change: 'deleted', fields: [] }];
    const fields = fieldChanges(old as AnyObject, now as AnyObject);
    return fields.length === 0 ? [] : [{ object, change: 'configured', fields }];
  });
  return { from: from.number, to: to.number, changes };
}

function objectsOf({ manifests }: ReleaseRecord): ReadonlyMap<string, KubernetesObject> {
  return new Map(
    [...manifests.ground, ...manifests.workloads, ...manifests.route].map((one) => [objectId(one), one]),
  );
}
