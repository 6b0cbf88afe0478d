import type { Context } from '../effects/context.ts';
import { apply } from '../kubernetes/apply.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { fieldManager } from '../kubernetes/labels.ts';
import { getObject } from '../kubernetes/list.ts';
import { namespaceFor } from '../kubernetes/namespace.ts';
import { keyOf, type Namespace, objectName } from '../kubernetes/objects.ts';
import { objectPath, resourceOf } from '../kubernetes/resources.ts';
import type { Project } from '../project/project.ts';
import { listAnnotation, listText, referencesIn } from './list.ts';
import { managersOf } from './managed.ts';

/** The list is set by a manager of its own: other steps apply the namespace too, and would take it away. */
const manager = `${fieldManager}-admission`;

/** The list as the cluster has it. */
export interface Listed {
  /** Undefined where there is no namespace yet. */
  readonly namespace?: Namespace;
  /** Empty where the path has not written any. */
  readonly references: readonly string[];
  readonly written: boolean;
}

/** What the namespace lists by the path's own hand; what somebody else has written there counts for nothing. */
export async function readList(
  client: KubernetesClient,
  { target }: Project,
  signal: AbortSignal,
): Promise<Listed> {
  const key = keyOf(namespaceFor(target.namespace));
  const namespace = await getObject<Namespace>(client, key, signal);
  if (namespace === undefined) return { references: [], written: false };
  const text = namespace.metadata.annotations?.[listAnnotation];
  const written = text !== undefined && managersOf(namespace, listAnnotation).includes(manager);
  return { namespace, references: written ? referencesIn(text) : [], written };
}

/**
 * Writes the list where it differs, and makes the namespace where there is none. Like a release's record it is the path's
 * own bookkeeping and no change of the system, so it is not told as one.
 * @returns whether anything was changed
 */
export async function writeList(
  context: Pick<Context, 'emit' | 'signal' | 'overrule'>,
  client: KubernetesClient,
  project: Project,
  references: readonly string[],
  listed: Listed,
): Promise<boolean> {
  const namespace = namespaceFor(project.target.namespace);
  const text = listText(references);
  const before = listed.namespace?.metadata.annotations?.[listAnnotation];
  if (before === text && listed.written) return false;
  if (listed.namespace === undefined)
    await apply(context, client, [namespace], { step: 'admission', project: project.name });
  if (before !== undefined && !listed.written && listed.namespace !== undefined) {
    context.emit({
      kind: 'warning',
      step: 'admission',
      problem: {
        what: `${managersOf(listed.namespace, listAnnotation).join(', ') || 'somebody'} had written what images may run; it is as it was`,
        where: { object: objectName(namespace) },
        next: 'Look who may write there. What is to run is carried with `ptp up`.',
      },
    });
  }
  const resource = await resourceOf(client, namespace);
  if (resource === undefined) return false;
  const { apiVersion, kind, metadata } = namespace;
  await client.send({
    method: 'PATCH',
    path: objectPath(keyOf(namespace), resource),
    query: { fieldManager: manager, force: true },
    contentType: 'application/apply-patch+yaml',
    body: { apiVersion, kind, metadata: { name: metadata.name, annotations: { [listAnnotation]: text } } },
    signal: context.signal,
  });
  return true;
}
