import { StepFailed } from '../core/failure.ts';
import { duration } from './ensure.ts';
import { inOrder } from './in-order.ts';
import type { Resource } from './resource.ts';
import { look, pause, problemOf, type Work } from './work.ts';

/** What taking resources away came to; `EKS cluster shop-aws`. */
export interface Dismantled {
  readonly removed: readonly string[];
  /** What is somebody else's and was left alone. */
  readonly foreign: readonly string[];
  /** Last copies of data, which are kept and paid for. */
  readonly copies: readonly string[];
}

/**
 * Takes away every resource that is ours, each after all that stand on it, and waits until it is gone. May be ended and
 * begun again at any moment.
 * @param lastCopy whether a last copy is kept of what holds data
 * @throws UserMistake or StepFailed where something does not go
 */
export async function dismantle<Api>(
  work: Work<Api>,
  resources: readonly Resource<Api>[],
  { lastCopy }: { readonly lastCopy: boolean },
): Promise<Dismantled> {
  const removed: string[] = [];
  const foreign: string[] = [];
  const copies: string[] = [];
  const standOn = ({ id }: Resource<Api>) =>
    resources.filter(({ needs }) => needs.some((needed) => needed.id === id));
  await inOrder(resources, standOn, async (resource) => {
    const found = work.seen.whole(resource);
    if (resource.borrowed === true || resource.stays === true || found === undefined) return;
    const name = `${resource.kind} ${resource.name}`;
    if (!found.ours) {
      foreign.push(name);
      return;
    }
    const copy = lastCopy && resource.holdsData === true ? resource.lastCopy?.(found) : undefined;
    await dismantleOne(work, resource, lastCopy);
    removed.push(name);
    if (copy !== undefined) copies.push(copy);
  });
  return { removed, foreign, copies };
}

async function dismantleOne<Api>(work: Work<Api>, resource: Resource<Api>, lastCopy: boolean): Promise<void> {
  const { context, cloud, session, seen } = work;
  const began = context.clock.monotonic();
  const object = `${resource.kind} ${resource.name}`;
  let trouble: unknown;
  for (let round = 1; ; round += 1) {
    context.signal.throwIfAborted();
    const found = await look(work, resource);
    if (found === undefined) break;
    // Somebody has put another one in its place meanwhile.
    if (!found.ours) return;
    const seconds = (context.clock.monotonic() - began) / 1000;
    if (seconds > resource.deadline) throw doesNotGo(work, resource, trouble);
    context.emit({
      kind: 'progress',
      step: 'cluster',
      task: `delete ${resource.id}`,
      text: `delete ${object}`,
    });
    // What is still being made is asked to go all the same; a service that cannot yet says so.
    if (found.state !== 'deleting') {
      try {
        await resource.delete(session.api, seen, found, { lastCopy });
        trouble = undefined;
      } catch (error) {
        context.signal.throwIfAborted();
        trouble = error;
        if (['denied', 'credentials', 'refused'].includes(cloud.failure(error)))
          throw problemOf(cloud, resource, 'be deleted', error);
      }
    }
    await context.clock.sleep(pause(round), context.signal);
  }
  context.emit({ kind: 'object-applied', step: 'cluster', object, change: 'deleted' });
  const seconds = (context.clock.monotonic() - began) / 1000;
  context.emit({ kind: 'task-done', step: 'cluster', task: `delete ${resource.id}`, text: object, seconds });
}

function doesNotGo<Api>({ cloud }: Work<Api>, resource: Resource<Api>, trouble: unknown): Error {
  if (trouble !== undefined) return problemOf(cloud, resource, 'be deleted', trouble);
  return new StepFailed({
    what: `${resource.kind} ${resource.name} is still there after ${duration(resource.deadline)}`,
    where: { object: `${resource.kind} ${resource.name}` },
    next: 'Run it again: it goes on waiting.',
  });
}
