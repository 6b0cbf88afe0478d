import type { KubernetesClient } from './client.ts';
import { fieldManager, label, ownedBy } from './labels.ts';
import { list } from './list.ts';
import type { ConfigMap, SecretObject } from './objects.ts';

/** What a project keeps of itself in its namespace: objects of one kind, told apart from others by a label. */
export interface Records {
  readonly kind: 'ConfigMap' | 'Secret';
  /** The label whose value says which record it is: `ptp.dev/release`. */
  readonly label: string;
  readonly project: string;
  readonly namespace: string;
}

type Kinds = { readonly ConfigMap: ConfigMap; readonly Secret: SecretObject };

/** All that are there, in no order. */
export function listRecords<K extends Records['kind']>(
  client: KubernetesClient,
  { kind, label: key, project, namespace }: Records & { readonly kind: K },
  signal: AbortSignal,
): Promise<readonly Kinds[K][]> {
  return list<Kinds[K]>(
    client,
    { apiVersion: 'v1', kind, namespace, labels: `${ownedBy(project)},${key}` },
    signal,
  );
}

/** One of them by its object's name; undefined where it is not there. */
export function findRecord<K extends Records['kind']>(
  client: KubernetesClient,
  records: Records & { readonly kind: K },
  name: string,
  signal: AbortSignal,
): Promise<Kinds[K] | undefined> {
  return client.find<Kinds[K]>(pathOf(records, name), {}, signal);
}

/**
 * Writes one, in place of an earlier one of the same name.
 * @param record its object's name, the label's value, and what it holds: the object's own fields
 */
export async function writeRecord<K extends Records['kind']>(
  client: KubernetesClient,
  records: Records & { readonly kind: K },
  record: {
    readonly name: string;
    readonly value: string;
    readonly content: Omit<Kinds[K], 'apiVersion' | 'kind' | 'metadata'>;
  },
  signal: AbortSignal,
): Promise<void> {
  const { kind, label: key, project, namespace } = records;
  const { name, value, content } = record;
  const labels = { [label.managedBy]: fieldManager, [label.project]: project, [key]: value };
  await client.send({
    method: 'PATCH',
    path: pathOf(records, name),
    query: { fieldManager, force: true },
    contentType: 'application/apply-patch+yaml',
    body: { apiVersion: 'v1', kind, metadata: { name, namespace, labels }, ...content },
    signal,
  });
}

function pathOf({ kind, namespace }: Records, name: string): string {
  const plural = kind === 'Secret' ? 'secrets' : 'configmaps';
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/${plural}/${encodeURIComponent(name)}`;
}
