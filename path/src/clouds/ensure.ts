import { StepFailed, UserMistake } from '../core/failure.ts';
import { intentOf } from './changes.ts';
import { inOrder } from './in-order.ts';
import { ownTags } from './ownership.ts';
import type { Found, Resource } from './resource.ts';
import { look, pause, problemOf, type Work } from './work.ts';

/** How often a resource is looked for after a call whose outcome is not known, before it is asked for again. */
const looksBeforeAskingAgain = 3;

/**
 * Makes every resource as it is wanted, in the order of what needs what, and waits until all are ready. What is there
 * already is kept; what is on its way is waited for; the same call after a kill goes on where that one ended.
 * @param ready told of each resource when it is ready
 * @throws UserMistake for what is somebody else's, is missing, or is not allowed; StepFailed where a resource does not
 *   become ready
 */
export async function ensure<Api>(
  work: Work<Api>,
  project: Parameters<typeof ownTags>[0],
  resources: readonly Resource<Api>[],
  ready: (resource: Resource<Api>) => void = () => {},
): Promise<void> {
  await inOrder(
    resources,
    ({ needs }) => needs,
    async (resource) => {
      await ensureOne(work, project, resource);
      ready(resource);
    },
  );
}

/** What was done about a resource so far in this run. */
interface Attempt {
  /** Asked for, and the service said yes. */
  made: boolean;
  /** Looks since the service was asked for it last. */
  looks: number;
  /** It was found failed and asked to go. */
  replaced: boolean;
  rounds: number;
}

async function ensureOne<Api>(
  work: Work<Api>,
  project: Parameters<typeof ownTags>[0],
  resource: Resource<Api>,
): Promise<void> {
  const { context } = work;
  const began = context.clock.monotonic();
  const seconds = () => (context.clock.monotonic() - began) / 1000;
  const attempt: Attempt = { made: false, looks: looksBeforeAskingAgain, replaced: false, rounds: 0 };
  let touched: 'created' | 'configured' | undefined;
  for (;;) {
    context.signal.throwIfAborted();
    const found = await look(work, resource);
    attempt.looks += 1;
    const intent = intentOf(resource, found);
    if (intent === 'keep' && found?.state === 'failed') throw failedOne(resource, found);
    if (intent === 'keep') break;
    if (seconds() > resource.deadline) throw tooLate(resource, found);
    switch (intent) {
      case 'missing':
        throw new UserMistake({
          what: `there is no ${resource.kind} ${resource.name}`,
          next: 'It has to be there already: make it, or name another one in ptp.yaml.',
        });
      case 'foreign':
        throw foreignOne(resource, project);
      case 'create':
        if (attempt.made || attempt.looks <= looksBeforeAskingAgain) break;
        touched = 'created';
        tell(work, resource, seconds());
        await change(work, resource, 'be made', attempt, () => resource.create(work.session.api, work.seen));
        continue;
      case 'update':
        touched ??= 'configured';
        if (found !== undefined && attempt.looks > looksBeforeAskingAgain)
          await change(
            work,
            resource,
            'be changed',
            attempt,
            async () => await resource.update?.(work.session.api, work.seen, found),
          );
        break;
      case 'replace':
        // One that failed in this very run failed for a reason.
        if (found === undefined || attempt.made || attempt.replaced) throw failedOne(resource, found);
        attempt.replaced = true;
        context.emit({
          kind: 'warning',
          step: 'cluster',
          problem: {
            what: `${resource.kind} ${resource.name} failed when it was made: ${found.why ?? 'no reason is told'}`,
            next: 'Nothing is to be done: it is made anew.',
          },
        });
        await change(work, resource, 'be deleted', attempt, () =>
          resource.delete(work.session.api, work.seen, found, { lastCopy: false }),
        );
        attempt.made = false;
        break;
      case 'wait':
        tell(work, resource, seconds());
    }
    attempt.rounds += 1;
    await context.clock.sleep(pause(attempt.rounds), context.signal);
  }
  if (touched === undefined) return;
  const object = `${resource.kind} ${resource.name}`;
  context.emit({ kind: 'object-applied', step: 'cluster', object, change: touched });
  if (seconds() < 1) return;
  const task = `make ${resource.id}`;
  context.emit({ kind: 'task-done', step: 'cluster', task, text: object, seconds: seconds() });
}

/** A call that changes something: what it came to is seen by looking, unless the service refuses. */
async function change<Api>(
  { context, cloud }: Work<Api>,
  resource: Resource<Api>,
  verb: string,
  attempt: Attempt,
  call: () => Promise<void>,
): Promise<void> {
  attempt.looks = 0;
  try {
    await call();
    attempt.made = true;
  } catch (error) {
    context.signal.throwIfAborted();
    const failure = cloud.failure(error);
    const lasting = ['denied', 'credentials', 'limit', 'refused'].includes(failure);
    // What exists and is never found is another account's: names of registries and the like are the world's.
    if (lasting || (failure === 'exists' && attempt.rounds > looksBeforeAskingAgain))
      throw problemOf(cloud, resource, verb, error);
    // A service that was busy did nothing: it may be asked again at once.
    if (failure === 'again') attempt.looks = looksBeforeAskingAgain;
    attempt.rounds += 1;
    await context.clock.sleep(pause(attempt.rounds), context.signal);
  }
}

function tell<Api>({ context }: Work<Api>, resource: Resource<Api>, seconds: number): void {
  const { usually } = resource;
  context.emit({
    kind: 'progress',
    step: 'cluster',
    task: `make ${resource.id}`,
    text: `${resource.kind} ${resource.name}${usually === undefined ? '' : ` (usually ${duration(usually)})`}`,
    ...(usually === undefined
      ? {}
      : { fraction: Math.min(0.99, seconds / usually), remaining: Math.max(0, usually - seconds) }),
  });
}

/** `40 s`, `9 min` */
export function duration(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

function foreignOne<Api>(resource: Resource<Api>, project: Parameters<typeof ownTags>[0]): UserMistake {
  const tags = Object.entries(ownTags(project)).map(([key, value]) => `${key}=${value}`);
  return new UserMistake({
    what: `${resource.kind} ${resource.name} is there already and is not this project's`,
    where: { object: `${resource.kind} ${resource.name}` },
    next: `Give the project or the target another name; or, where it is yours to give, tag it ${tags.join(' and ')}.`,
  });
}

function failedOne<Api>(resource: Resource<Api>, found: Found<unknown> | undefined): StepFailed {
  return new StepFailed({
    what: `${resource.kind} ${resource.name} failed: ${found?.why ?? 'no reason is told'}`,
    where: { object: `${resource.kind} ${resource.name}` },
    next:
      resource.holdsData === true
        ? 'It may hold data, so it is not made anew: look at it in the console of the cloud.'
        : 'Mend what it says and run it again: it is made anew.',
  });
}

function tooLate<Api>(resource: Resource<Api>, found: Found<unknown> | undefined): StepFailed {
  return new StepFailed({
    what: `${resource.kind} ${resource.name} did not become ready within ${duration(resource.deadline)}: it is ${found?.state ?? 'not there'}${found?.why === undefined ? '' : ` (${found.why})`}`,
    where: { object: `${resource.kind} ${resource.name}` },
    next: 'Run it again: it goes on waiting.',
  });
}
