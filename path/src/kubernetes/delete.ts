import type { StepName } from '../core/event.ts';
import type { Context } from '../effects/context.ts';
import type { ObjectChange } from './change-set.ts';
import type { KubernetesClient } from './client.ts';
import { KubernetesError } from './error.ts';
import { type ObjectKey, objectName } from './objects.ts';
import { objectPath, resourceOf } from './resources.ts';

/**
 * Deletes one object, and what it owns in the background. An object that is not there is no error.
 * @param expected deletes only this very object (its uid), not one that has taken its name meanwhile
 * @returns the change, or undefined where there was nothing to delete
 */
export async function deleteObject(
  context: Pick<Context, 'emit' | 'signal'>,
  client: KubernetesClient,
  key: ObjectKey,
  options: { readonly step: StepName; readonly expected?: string },
): Promise<ObjectChange | undefined> {
  const resource = await resourceOf(client, key);
  if (resource === undefined) return undefined;
  try {
    await client.send({
      method: 'DELETE',
      path: objectPath(key, resource),
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: 'Background',
        ...(options.expected === undefined ? {} : { preconditions: { uid: options.expected } }),
      },
      signal: context.signal,
    });
  } catch (error) {
    if (error instanceof KubernetesError && (error.code === 404 || error.code === 409)) return undefined;
    throw error;
  }
  context.emit({ kind: 'object-applied', step: options.step, object: objectName(key), change: 'deleted' });
  return { change: 'deleted', object: objectName(key) };
}
