import type { Context } from '../effects/context.ts';
import type { ApplyOptions } from './apply.ts';
import { applyObject } from './apply-object.ts';
import type { ObjectChange } from './change-set.ts';
import type { KubernetesClient } from './client.ts';
import { copiesAlone, copiesManager, copiesOf, holdsCopies } from './copies.ts';
import { type AnyObject, type KubernetesObject, objectId } from './objects.ts';

/** How an object is applied whose copies an autoscaler may decide about. */
export interface ScaledOptions {
  readonly change: Pick<ObjectChange, 'before'>;
  /** The fewest copies of those whose number an autoscaler decides, by `objectId`. */
  readonly scaled: ReadonlyMap<string, number>;
  readonly options: ApplyOptions;
}

/**
 * Applies an object in earnest. Where an autoscaler decides how many copies it has, the number stays as it is, but for
 * being raised to the fewest at once: the autoscaler would do that too, some 15 s later, and who applies waits for pods.
 * @returns the object as it is then
 */
export async function applyScaled(
  context: Pick<Context, 'signal' | 'emit'>,
  client: KubernetesClient,
  object: KubernetesObject,
  { change: { before }, scaled, options }: ScaledOptions,
): Promise<AnyObject> {
  const earnest = { ...options, dryRun: false };
  const fewest = scaled.get(objectId(object));
  if (fewest === undefined) return applyObject(context, client, object, earnest);
  const hold = (replicas: number) =>
    applyObject(context, client, copiesAlone(object, replicas), {
      ...earnest,
      force: true,
      manager: copiesManager,
    });
  if (before !== undefined && holdsCopies(before)) await hold(Math.max(copiesOf(before) ?? fewest, fewest));
  const after = await applyObject(context, client, object, earnest);
  return (copiesOf(after) ?? 0) < fewest ? hold(fewest) : after;
}
