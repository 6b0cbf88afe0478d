import { StepFailed } from '../core/failure.ts';
import type { Route } from '../core/handover.ts';
import type { Answer, Browser } from './browser.ts';

/** Where a system has the interface that makes data, if it has one. */
export const api = '/api/';

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
  signal: AbortSignal,
  before: Answer,
): Promise<string | undefined> {
  const ask = async (method: 'GET' | 'POST', path: string): Promise<Answer> => {
    try {
      return await send(method, path, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw wrong(`${method} ${path} got no answer: ${(error as Error).message}`);
    }
  };
  if (countOf(before) === undefined && before.status < 500) return undefined;
  const made = await ask('POST', api);
  if (made.status === 404 || made.status === 405) return undefined;
  const location = made.headers.location;
  if (made.status !== 201 || typeof location !== 'string' || !URL.canParse(location, route.url))
    throw wrong(`POST ${api} answers ${made.status}, not 201 with a Location`);
  const path = `${api.slice(0, -1)}${new URL(location, route.url).pathname}`;
  const row = await ask('GET', path);
  const id = property(row, 'id');
  if (row.status !== 200 || String(id) !== path.slice(api.length))
    throw wrong(`GET ${path} answers ${row.status} and not the row just made`);
  const after = await ask('GET', api);
  const [earlier, later] = [countOf(before), countOf(after)];
  if (later === undefined || (earlier !== undefined && later <= earlier))
    throw wrong(`the count was ${earlier} and is ${later} after a row was made`);
  return `POST ${api}: 201, GET ${path}: 200, count ${later}`;
}

function countOf(answer: Answer): number | undefined {
  const count = property(answer, 'count');
  return answer.status === 200 && typeof count === 'number' ? count : undefined;
}

function property(answer: Answer, name: string): unknown {
  try {
    const parsed: unknown = JSON.parse(answer.body);
    return typeof parsed === 'object' && parsed !== null
      ? Object.entries(parsed).find(([key]) => key === name)?.[1]
      : undefined;
  } catch {
    return undefined;
  }
}

function wrong(what: string): StepFailed {
  return new StepFailed({ what, next: 'Run `ptp logs` to see what the components say.' });
}
