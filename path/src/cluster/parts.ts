import type { PublishedImage } from '../core/handover.ts';
import type { ImageSpec } from '../core/image-spec.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { Part, StartedCluster } from './provider.ts';

/** The installing of a cluster's parts, under way. */
export interface Parts {
  /** Resolves when pods with names and volumes can start. */
  readonly foundation: Promise<void>;
  /** Resolves when every part works. */
  readonly all: Promise<void>;
  /** Rejects when a part cannot be installed; never resolves. */
  readonly failed: Promise<never>;
}

/** Builds and publishes a part's images; the image and the registry steps do it. */
export type Publish = (
  specs: readonly ImageSpec[],
  to: StartedCluster['partImages'],
) => Promise<readonly PublishedImage[]>;

/** Puts the parts into the cluster, each as soon as what it runs is there. */
export function installParts(
  context: Context,
  started: StartedCluster,
  client: KubernetesClient,
  publish: Publish,
): Parts {
  // The sandbox's image first: without it no pod starts.
  const [first, ...rest] = started.parts;
  const begun = new Map<string, Promise<void>>();
  const one = async (part: Part, before: Promise<void> | undefined): Promise<void> => {
    const specs = await part.images();
    await before;
    const began = context.clock.monotonic();
    await part.install(client, await publish(specs, started.partImages));
    await part.ready(client);
    const seconds = (context.clock.monotonic() - began) / 1000;
    context.emit({
      kind: 'task-done',
      step: 'cluster',
      task: `install ${part.name}`,
      text: part.name,
      seconds,
    });
  };
  if (first !== undefined) begun.set(first.name, one(first, undefined));
  const before = first === undefined ? undefined : begun.get(first.name);
  for (const part of rest) begun.set(part.name, one(part, before));
  const wait = async (names: readonly string[]) => {
    await Promise.all(names.map((name) => begun.get(name)));
  };
  const all = wait(started.parts.map((part) => part.name));
  const failed = new Promise<never>((_, reject) => all.catch(reject));
  failed.catch(() => {}); // raced against; told by whoever waits
  return { foundation: wait(started.foundation), all, failed };
}
