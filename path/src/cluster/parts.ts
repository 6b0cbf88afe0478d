import { StepFailed } from '../core/failure.ts';
import type { Cluster, PublishedImage } from '../core/handover.ts';
import type { ImageSpec } from '../core/image-spec.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { Groundwork, Part } from './provider.ts';

/** The installing of a cluster's parts, under way. */
export interface Parts {
  /** Resolves when pods can start. */
  readonly sandbox: Promise<void>;
  /** Resolves when pods find each other and their volumes. */
  readonly foundation: Promise<void>;
  /** Resolves when every part works that users need. */
  readonly all: Promise<void>;
  /** Puts in what no user needs and was not at hand; resolves when all parts work. */
  rest(): Promise<void>;
}

/** A cluster that answers, with what its nodes pull images with. */
export interface ReachedCluster {
  readonly client: KubernetesClient;
  readonly cluster: Pick<Cluster, 'pullSecret'>;
}

/** Builds and publishes a part's images; the image and the registry steps do it. */
export interface PartPublishing {
  publish(specs: readonly ImageSpec[], ground: Groundwork): Promise<readonly PublishedImage[]>;
  /** Sends what the registry has lost of them; returns the names of the images that something was sent of. */
  again(specs: readonly ImageSpec[], ground: Groundwork): Promise<readonly string[]>;
}

/** Puts the parts into the cluster, each as soon as what it runs is there and the cluster answers. */
export function installParts(
  context: Context,
  ground: Promise<Groundwork>,
  reached: Promise<ReachedCluster>,
  publishing: PartPublishing,
): Parts {
  const serving = Promise.withResolvers<void>();
  const begun = ground.then((given) =>
    begin(context, given, reached, { publishing, serving: serving.promise }),
  );
  const wait = async (choose: (given: Groundwork) => readonly (Part | undefined)[]) => {
    const [given, parts] = await Promise.all([ground, begun]);
    await Promise.all(choose(given).map((part) => part && parts.get(part.name)));
  };
  const sandbox = wait(({ parts }) => [sandboxOf(parts)]);
  const foundation = wait(({ parts, foundation: names }) => parts.filter(({ name }) => names.includes(name)));
  const all = wait(({ parts }) => parts.filter(({ atHand }) => atHand === undefined));
  for (const one of [sandbox, foundation, all]) one.catch(() => {}); // told by whoever waits for it
  const rest = () => {
    serving.resolve();
    return wait(({ parts }) => parts);
  };
  return { sandbox, foundation, all, rest };
}

function begin(
  context: Context,
  ground: Groundwork,
  reached: Promise<ReachedCluster>,
  { publishing, serving }: { readonly publishing: PartPublishing; readonly serving: Promise<void> },
): ReadonlyMap<string, Promise<void>> {
  const begun = new Map<string, Promise<void>>();
  const one = async (part: Part, before: Promise<void> | undefined): Promise<void> => {
    if ((await part.atHand?.()) === false) await serving;
    const specs = await part.images();
    const began = context.clock.monotonic();
    const [images, { client, cluster }] = await Promise.all([
      publishing.publish(specs, ground),
      reached,
      before,
    ]);
    await part.install(client, images, cluster);
    await part.ready(client).catch(async (error: unknown) => {
      throw cannotPull(error) ? withWayOut(error, await publishing.again(specs, ground)) : error;
    });
    const seconds = (context.clock.monotonic() - began) / 1000;
    context.emit({
      kind: 'task-done',
      step: 'cluster',
      task: `install ${part.name}`,
      text: part.name,
      seconds,
    });
  };
  // The sandbox's image first: without it no pod starts.
  const first = sandboxOf(ground.parts);
  const rest = ground.parts.filter((part) => part !== first);
  const before = first === undefined ? undefined : one(first, undefined);
  if (first !== undefined && before !== undefined) begun.set(first.name, before);
  for (const part of rest) begun.set(part.name, one(part, before));
  for (const promise of begun.values()) promise.catch(() => {}); // told by whoever waits for it
  return begun;
}

/** The first part; somebody else's cluster has its sandbox, and gets only what no user waits for. */
function sandboxOf(parts: readonly Part[]): Part | undefined {
  return parts.find(({ atHand }) => atHand === undefined);
}

function cannotPull(error: unknown): error is StepFailed {
  return error instanceof StepFailed && /ErrImagePull|ImagePullBackOff/.test(error.message);
}

/** Where the registry had lost what the nodes pull, the same command finds it there again. */
function withWayOut(error: StepFailed, sent: readonly string[]): StepFailed {
  if (sent.length === 0) return error;
  const next = `The registry had lost parts of ${sent.join(', ')}, which were sent again: run the same command again. Where that does not help, \`ptp down --data\` deletes everything, and \`ptp up\` begins anew.`;
  return new StepFailed(
    error.problems.map((problem) => ({ ...problem, next })),
    { cause: error },
  );
}
