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
  readonly fieldsV1?: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
}

/** The parts that decide what runs. */
const parts = ['data', 'binaryData', 'spec'] as const;

/** The keys of a part of an object that the path has set. */
export function managedKeys(object: KubernetesObject, part: (typeof parts)[number]): ReadonlySet<string> {
  const own = entriesOf(object).filter(({ manager }) => manager === fieldManager);
  const keys = own.flatMap(({ fieldsV1 }) => Object.keys(fieldsV1?.[`f:${part}`] ?? {}));
  return new Set(keys.map((key) => key.replace(/^f:/, '')));
}

/**
 * Takes away what others have added to objects that are the path's alone: server-side apply leaves in place what was
 * added beside its own fields, and here each addition opens the door (an image more, a condition under which the policy
 * does not hold). Tells who it was.
 * @param changes what applying the objects has changed
 */
export async function takeBack(
  context: Pick<Context, 'emit' | 'signal'>,
  client: KubernetesClient,
  objects: readonly KubernetesObject[],
  changes: ChangeSet,
): Promise<void> {
  for (const wanted of objects) {
    const live = changes.find(
      ({ after }) => after !== undefined && objectId(after) === objectId(wanted),
    )?.after;
    const others = live === undefined ? [] : othersIn(live);
    if (live === undefined || others.length === 0 || wanted.kind === 'Namespace') continue;
    const resource = await resourceOf(client, wanted);
    if (resource === undefined) continue;
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
        next: 'Look who may write there. What is to run is carried with `ptp up`.',
      },
    });
  }
}

/** Who else has set something in the parts of an object that decide. */
function othersIn(object: AnyObject): readonly string[] {
  const foreign = entriesOf(object).filter(
    ({ manager, subresource, fieldsV1 }) =>
      manager !== fieldManager &&
      subresource === undefined &&
      parts.some((part) => fieldsV1?.[`f:${part}`] !== undefined),
  );
  return [...new Set(foreign.map(({ manager = 'somebody' }) => manager))];
}

function entriesOf({ metadata }: KubernetesObject): readonly ManagedFields[] {
  return (metadata as { readonly managedFields?: readonly ManagedFields[] }).managedFields ?? [];
}
