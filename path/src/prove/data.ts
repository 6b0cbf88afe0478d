import { api, countOf, isRow, rowPath } from '../core/data-interface.ts';
import { StepFailed } from '../core/failure.ts';
import type { Route } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import type { Answer, Browser } from './browser.ts';

/** Milliseconds between two tries to make a row, and how many there are. */
const pause = 200;
const mostTries = 50;

/**
 * Makes one row through the public interface and reads it back: POST /api/ → 201 with a Location, whose path is below
 * /api → the row with its id → the count.
 * @param before what `GET /api/` answers
 * @returns what was seen; undefined where the system has no such interface
 * @throws StepFailed where it has one that does not keep what it was given
 */
export async function proveData(
  { send }: Pick<Browser, 'send'>,
  route: Route,
  context: Pick<Context, 'clock' | 'signal'>,
  before: Answer,
): Promise<string | undefined> {
  const { signal } = context;
  const ask = async (method: 'GET' | 'POST', path: string): Promise<Answer> => {
    try {
      return await send(method, path, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw wrong(`${method} ${path} got no answer: ${(error as Error).message}`);
    }
  };
  if (countOf(before) === undefined && before.status < 500) return undefined;
  let made = await ask('POST', api);
  // Nothing was done where a server says that it cannot now: behind the door there may be more that opens.
  for (let tries = 1; made.status === 503 && tries < mostTries; tries += 1) {
    await context.clock.sleep(pause, context.signal);
    made = await ask('POST', api);
  }
  if (made.status === 404 || made.status === 405) return undefined;
  const path = rowPath(made.headers.location, route.url);
  if (made.status !== 201 || path === undefined)
    throw wrong(`POST ${api} answers ${made.status}, not 201 with a Location`);
  const row = await ask('GET', path);
  if (row.status !== 200 || !isRow(row.body, path))
    throw wrong(`GET ${path} answers ${row.status} and not the row just made`);
  const after = await ask('GET', api);
  const [earlier, later] = [countOf(before), countOf(after)];
  if (later === undefined || (earlier !== undefined && later <= earlier))
    throw wrong(`the count was ${earlier} and is ${later} after a row was made`);
  return `POST ${api}: 201, GET ${path}: 200, count ${later}`;
}

function wrong(what: string): StepFailed {
  return new StepFailed({ what, next: 'Run `ptp logs` to see what the components say.' });
}
