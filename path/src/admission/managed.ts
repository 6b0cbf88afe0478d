import type { Context } from '../effects/context.ts';
import type { ChangeSet } from '../kubernetes/change-set.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { fieldManager } from '../kubernetes/labels.ts';
import { type AnyObject, type KubernetesObject, keyOf, objectId, objectName } from '../kubernetes/objects.ts';
import { objectPath, resourceOf } from '../kubernetes/resources.ts';

/** Who has set which fields of an object (meta/v1, ManagedFieldsEntry; "FieldsV1"). */
interface ManagedFields {
  readonly manager?: string;
  readonly subresource?: string;
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
}

/**
 * Takes away what others have added to the policy or its binding: server-side apply leaves in place what was added
 * beside its own fields, and here an addition can open the door, as a condition does under which the policy does not
 * hold. Tells who it was.
 * @param changes what applying the objects has changed
 * @returns whether there was anything to take away
 */
export async function takeBack(
  context: Pick<Context, 'emit' | 'signal'>,
  client: KubernetesClient,
  objects: readonly KubernetesObject[],
  changes: ChangeSet,
): Promise<boolean> {
  let taken = false;
  for (const wanted of objects) {
    const live = changes.find(
      ({ after }) => after !== undefined && objectId(after) === objectId(wanted),
    )?.after;
    const others = live === undefined ? [] : othersIn(live);
    const resource = others.length === 0 ? undefined : await resourceOf(client, wanted);
    if (live === undefined || resource === undefined) continue;
    await client.send({
      method: 'PUT',
      path: objectPath(keyOf(wanted), resource),
      query: { fieldManager },
      body: { ...wanted, metadata: { ...live.metadata, managedFields: undefined } },
      signal: context.signal,
    });
    context.emit({
      kind: 'warning',
      step: 'admission',
      problem: {
        what: `${others.join(', ')} had added to what decides which images run; it is as it was`,
        where: { object: objectName(wanted) },
        next: 'Look who may write there.',
      },
    });
    taken = true;
  }
  return taken;
}

/** Who else has set something in an object's specification. */
function othersIn(object: AnyObject): readonly string[] {
  const foreign = managedFields(object).filter(
    ({ manager, subresource, fieldsV1 }) =>
      manager !== fieldManager && subresource === undefined && fieldsV1?.['f:spec'] !== undefined,
  );
  return [...new Set(foreign.map(({ manager = 'somebody' }) => manager))];
}

/** Who has set an annotation of an object as it is. */
export function managersOf(object: KubernetesObject, annotation: string): readonly string[] {
  return managedFields(object)
    .filter(({ fieldsV1 }) => {
      const { 'f:annotations': set } = (fieldsV1?.['f:metadata'] ?? {}) as Annotations;
      return set?.[`f:${annotation}`] !== undefined;
    })
    .map(({ manager = 'somebody' }) => manager);
}

interface Annotations {
  readonly 'f:annotations'?: Readonly<Record<string, unknown>>;
}

function managedFields({ metadata }: KubernetesObject): readonly ManagedFields[] {
  return (metadata as { readonly managedFields?: readonly ManagedFields[] }).managedFields ?? [];
}
