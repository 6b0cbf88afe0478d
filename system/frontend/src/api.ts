/** A row as `GET /{id}` gives it. */
export interface Row {
  readonly id: number;
  readonly data: string;
  /** ISO 8601, with its time zone. */
  readonly createdAt: string;
}

/** Why there is no result. */
export type Failure =
  /** No answer came: no network, a connection that broke. */
  | { readonly kind: 'unreachable' }
  /** No answer came in time. */
  | { readonly kind: 'timeout'; readonly seconds: number }
  /** The server answered with an error; 404 is `missing`. */
  | { readonly kind: 'status'; readonly status: number }
  /** There is nothing under this id. */
  | { readonly kind: 'missing' }
  /** The answer is not what was agreed on. */
  | { readonly kind: 'malformed'; readonly what: string }
  /** The page itself stopped asking; nobody needs to be told. */
  | { readonly kind: 'aborted' };

export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure };

/** The backend as the page sees it. Nothing here throws; each call ends within its time. */
export interface Api {
  count(signal: AbortSignal): Promise<Result<number>>;
  /** Makes a row and returns its id, which its Location names. Never repeats itself: each call makes a row. */
  make(signal: AbortSignal): Promise<Result<number>>;
  row(id: number, signal: AbortSignal): Promise<Result<Row>>;
}

/** An id as it stands in a path or an address: a whole number from 1, without zeros in front, that JSON can hold. */
export function parseId(text: string): number | undefined {
  const id = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(id) ? id : undefined;
}

/** @param timeout milliseconds that a call may take, its body included */
export function createApi(timeout = 10_000): Api {
  async function ask<T>(
    method: 'GET' | 'POST',
    path: string,
    signal: AbortSignal,
    read: (response: Response) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    const late = AbortSignal.timeout(timeout);
    try {
      const response = await fetch(`/api${path}`, {
        method,
        headers: { accept: 'application/json' },
        cache: 'no-store',
        signal: AbortSignal.any([signal, late]),
      });
      if (response.status === 404) return failed({ kind: 'missing' });
      if (!response.ok) return failed({ kind: 'status', status: response.status });
      return await read(response);
    } catch {
      if (signal.aborted) return failed({ kind: 'aborted' });
      return failed(late.aborted ? { kind: 'timeout', seconds: timeout / 1000 } : { kind: 'unreachable' });
    }
  }

  return {
    count: (signal) =>
      ask('GET', '/', signal, async (response) => {
        const body = await json(response);
        if (isObject(body) && isCount(body.count)) return { ok: true, value: body.count };
        return failed({ kind: 'malformed', what: 'the count' });
      }),
    make: (signal) =>
      ask('POST', '/', signal, async (response) => {
        const id = idOfLocation(response.headers.get('location'));
        if (response.status === 201 && id !== undefined) return { ok: true, value: id };
        return failed({ kind: 'malformed', what: 'where the new data is' });
      }),
    row: (id, signal) =>
      ask('GET', `/${id}`, signal, async (response) => {
        const body = await json(response);
        if (isRow(body) && body.id === id) {
          return { ok: true, value: { id, data: body.data, createdAt: body.createdAt } };
        }
        return failed({ kind: 'malformed', what: 'the data' });
      }),
  };
}

/** Only the path of a Location counts: whatever host it names, the page asks its own origin. */
function idOfLocation(location: string | null): number | undefined {
  if (location === null || !URL.canParse(location)) return undefined;
  return parseId(new URL(location).pathname.slice(1));
}

/** `undefined` for a body that is no JSON; a body that does not arrive still throws. */
async function json(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isRow(value: unknown): value is Row {
  return (
    isObject(value) &&
    typeof value.id === 'number' &&
    typeof value.data === 'string' &&
    typeof value.createdAt === 'string' &&
    !Number.isNaN(Date.parse(value.createdAt))
  );
}

function failed(failure: Failure): { readonly ok: false; readonly failure: Failure } {
  return { ok: false, failure };
}
