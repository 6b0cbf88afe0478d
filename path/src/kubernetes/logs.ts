import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from './client.ts';
import { KubernetesError } from './error.ts';
import { lines } from './lines.ts';
import { list } from './list.ts';
import type { Pod } from './objects.ts';
import { follow } from './watch.ts';

/** One line that a container wrote. */
export interface LogLine {
  readonly pod: string;
  readonly container: string;
  /** When, RFC 3339, as the node saw it. */
  readonly time: string;
  readonly text: string;
}

/** Which logs, from where, and whether to go on. */
export interface LogOptions {
  readonly namespace: string;
  /** A label selector. */
  readonly labels: string;
  /** Lines of each container to begin with; all of them unless told. */
  readonly tail?: number;
  /** Go on with what is written from now, new pods too, until the context's signal. */
  readonly follow?: boolean;
  /** Of each container the run before its present one; containers that were never started again have none. */
  readonly previous?: boolean;
  /** Only lines of the last so many seconds. */
  readonly since?: number;
  onLine(line: LogLine): void;
}

/** Reads the logs of all containers of the selected pods; returns at their end, or at the signal when following. */
export async function readLogs(
  context: Pick<Context, 'clock' | 'signal'>,
  client: KubernetesClient,
  options: LogOptions,
): Promise<void> {
  const selection = { apiVersion: 'v1', kind: 'Pod', namespace: options.namespace, labels: options.labels };
  const reading = new Map<string, Promise<void>>();
  const read = (pods: Iterable<Pod>) => {
    for (const { pod, container, run } of running(pods)) {
      // A container that was started again is another run, with a log of its own.
      const id = `${pod.metadata.uid}/${container}/${run}`;
      if (!reading.has(id)) reading.set(id, readOne(context, client, pod, container, options));
    }
  };
  if (options.follow === true)
    await follow<Pod>(client, selection, { ...context, onChange: (store) => read(store.values()) });
  else read(await list<Pod>(client, selection, context.signal));
  await Promise.all(reading.values());
}

function running(
  pods: Iterable<Pod>,
): readonly { readonly pod: Pod; readonly container: string; readonly run: number }[] {
  return [...pods].flatMap((pod) =>
    [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
      .filter((status) => status.state?.waiting === undefined)
      .map((status) => ({ pod, container: status.name, run: status.restartCount })),
  );
}

async function readOne(
  context: Pick<Context, 'signal'>,
  client: KubernetesClient,
  pod: Pod,
  container: string,
  options: LogOptions,
): Promise<void> {
  const { name, namespace } = pod.metadata;
  const path = `/api/v1/namespaces/${namespace}/pods/${encodeURIComponent(name)}/log`;
  const query = {
    container,
    follow: options.follow === true,
    previous: options.previous,
    timestamps: true,
    tailLines: options.tail,
    sinceSeconds: options.since,
  };
  try {
    for await (const line of lines(await client.stream(path, query, context.signal))) {
      const space = line.indexOf(' ');
      options.onLine({ pod: name, container, time: line.slice(0, space), text: line.slice(space + 1) });
    }
  } catch (error) {
    // The pod may go while its log is read; that ends its log and nothing else.
    if (context.signal.aborted || (error instanceof KubernetesError && [400, 404].includes(error.code)))
      return;
    throw error;
  }
}
