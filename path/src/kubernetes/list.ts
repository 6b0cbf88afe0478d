import { StepFailed } from '../core/failure.ts';
import type { KubernetesClient } from './client.ts';
import type { AnyObject, ObjectKey } from './objects.ts';
import { collectionPath, objectPath, resourceOf } from './resources.ts';

/** Which objects are meant: one kind, in one namespace or all, by label or field. */
export interface Selection {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly labels?: string;
  readonly fields?: string;
}

/** A list as the API gives it: its items do not repeat their kind. */
export interface ObjectList<T> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly T[];
}

/**
 * The objects of a selection, each with its kind and API version filled in.
 * Empty where the server does not know the kind or has no such namespace.
 */
export async function list<T = AnyObject>(
  client: KubernetesClient,
  selection: Selection,
  signal?: AbortSignal,
): Promise<readonly T[]> {
  return (await listWithVersion<T>(client, selection, signal)).items;
}

/** As `list`, with the resource version to start a watch from; empty text where the kind is unknown. */
export async function listWithVersion<T>(
  client: KubernetesClient,
  selection: Selection,
  signal?: AbortSignal,
): Promise<{ readonly items: readonly T[]; readonly resourceVersion: string }> {
  const nothing = { items: [], resourceVersion: '' };
  const resource = await resourceOf(client, selection);
  if (resource === undefined) return nothing;
  const path = collectionPath(selection.apiVersion, resource, selection.namespace);
  const found = await client.find<ObjectList<T>>(
    path,
    { labelSelector: selection.labels, fieldSelector: selection.fields },
    signal,
  );
  if (found === undefined) return nothing;
  const { apiVersion, kind } = selection;
  // A server that is none, or a proxy before it, answers with any document.
  const items: unknown = found?.items ?? (found?.metadata === undefined ? undefined : []);
  if (!Array.isArray(items) || items.some((item) => typeof item !== 'object' || item === null)) {
    throw new StepFailed({
      what: `the cluster's API server at ${client.server} answered GET ${path} with no list`,
      next: 'Check that this is the address of an API server, and what stands before it.',
    });
  }
  const version: unknown = found.metadata?.resourceVersion;
  return {
    items: items.map((item: T) => ({ ...item, apiVersion, kind })),
    resourceVersion: typeof version === 'string' ? version : '',
  };
}

/** One object, or undefined where it, its namespace or its kind is not there. */
export async function getObject<T = AnyObject>(
  client: KubernetesClient,
  key: ObjectKey,
  signal?: AbortSignal,
): Promise<T | undefined> {
  const resource = await resourceOf(client, key);
  return resource === undefined ? undefined : client.find<T>(objectPath(key, resource), {}, signal);
}
