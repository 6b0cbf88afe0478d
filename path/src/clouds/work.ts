import { StepFailed, UserMistake } from '../core/failure.ts';
import type { Context } from '../effects/context.ts';
import type { Cloud, Session } from './cloud.ts';
import type { Found, Resource } from './resource.ts';
import { type Findings, NotThere } from './seen.ts';

/** What works on an account. */
export interface Work<Api> {
  readonly context: Context;
  readonly cloud: Cloud<Api>;
  readonly session: Session<Api>;
  readonly seen: Findings;
}

/** How often a look is tried again where the service is busy. */
const looks = 8;

/**
 * Looks at a resource, again and again where the service is busy, and keeps what was found. A resource whose needs are
 * not there is not there either.
 * @throws UserMistake or StepFailed where the service does not let us look
 */
export async function look<Api, Value>(
  { context, cloud, session, seen }: Work<Api>,
  resource: Resource<Api, Value>,
): Promise<Found<Value> | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const found = await resource.find(session.api, seen);
      seen.keep(resource, found);
      return found;
    } catch (error) {
      context.signal.throwIfAborted();
      const failure = error instanceof NotThere ? 'gone' : cloud.failure(error);
      if (failure === 'gone') {
        seen.keep(resource, undefined);
        return undefined;
      }
      if ((failure !== 'again' && failure !== 'unknown') || attempt === looks)
        throw problemOf(cloud, resource, 'be looked at', error);
      await context.clock.sleep(pause(attempt), context.signal);
    }
  }
}

/** Milliseconds before the next look: soon at first, then every ten seconds. */
export function pause(attempt: number): number {
  return Math.min(10_000, 200 * 1.6 ** Math.min(attempt, 20));
}

/** The error of a call, as people are told it. */
export function problemOf<Api>(
  cloud: Cloud<Api>,
  resource: Resource<Api>,
  verb: string,
  error: unknown,
): Error {
  if (error instanceof UserMistake || error instanceof StepFailed) return error;
  const what = `${resource.kind} ${resource.name} could not ${verb}: ${cloud.words(error)}`;
  const where = { object: `${resource.kind} ${resource.name}` };
  switch (cloud.failure(error)) {
    case 'denied':
      return new UserMistake({
        what,
        where,
        next: 'Let whoever runs the account give these credentials the rights of docs/permissions, then run it again.',
      });
    case 'credentials':
      return new UserMistake({ what, where, next: `${cloud.howToEnter} Then run it again: it goes on.` });
    case 'limit':
      return new StepFailed({
        what,
        where,
        next: 'Have the quota raised, or take another region; then run it again: it goes on.',
      });
    case 'again':
    case 'unknown':
      return new StepFailed({
        what,
        where,
        next: 'The service was in trouble for too long. Run it again: it goes on where it was.',
      });
    default:
      return new StepFailed({ what, where });
  }
}
