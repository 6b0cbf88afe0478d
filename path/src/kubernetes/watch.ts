import type { Clock } from '../effects/clock.ts';
import type { KubernetesClient } from './client.ts';
import { KubernetesError } from './error.ts';
import { lines } from './lines.ts';
import { listWithVersion, type Selection } from './list.ts';
import { type KubernetesObject, objectId } from './objects.ts';
import { collectionPath, resourceOf } from './resources.ts';

/** The objects of a selection at one moment, by `objectId`. */
export type Store<T> = ReadonlyMap<string, T>;

interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

/**
 * Follows a selection: lists it, then watches from there (Kubernetes API concepts, "Efficient detection of changes"),
 * and calls `onChange` with the whole store after the list and after each change. Connections that end are
 * taken up again where they ended; where the server no longer has that far back (410), it lists anew.
 * `watchWhen`: after the list, it watches only when this resolves. Runs until the signal is aborted, then returns.
 * @throws what the server refuses for good, such as 403
 */
export async function follow<T extends KubernetesObject>(
  client: KubernetesClient,
  selection: Selection,
  options: {
    readonly clock: Clock;
    readonly signal: AbortSignal;
    readonly watchWhen?: Promise<void>;
    onChange(store: Store<T>): void;
  },
): Promise<void> {
  const { clock, signal, onChange } = options;
  const store = new Map<string, T>();
  const { apiVersion, kind } = selection;
  let version: string | undefined;
  while (!signal.aborted) {
    try {
      const resource = await resourceOf(client, selection);
      if (version === undefined) {
        const listed = await listWithVersion<T>(client, selection, signal);
        store.clear();
        for (const item of listed.items) store.set(objectId(item), item);
        version = listed.resourceVersion;
        onChange(store);
      }
      if (resource === undefined || version === '') {
        version = undefined; // the kind is not served yet
        await clock.sleep(1000, signal);
        continue;
      }
      await options.watchWhen;
      if (signal.aborted) return;
      const query = {
        watch: true,
        resourceVersion: version,
        allowWatchBookmarks: true,
        labelSelector: selection.labels,
        fieldSelector: selection.fields,
      };
      const path = collectionPath(apiVersion, resource, selection.namespace);
      for await (const line of lines(await client.stream(path, query, signal))) {
        const event = JSON.parse(line) as WatchEvent<T>;
        if (event.type === 'ERROR') {
          version = undefined;
          break;
        }
        version = event.object.metadata.resourceVersion ?? version;
        if (event.type === 'BOOKMARK') continue;
        const item: T = { ...event.object, apiVersion, kind };
        if (event.type === 'DELETED') store.delete(objectId(item));
        else store.set(objectId(item), item);
        onChange(store);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof KubernetesError && error.code === 410) version = undefined;
      else if (error instanceof KubernetesError && !error.temporary) throw error;
      else await clock.sleep(250, signal).catch(() => {});
    }
  }
}
