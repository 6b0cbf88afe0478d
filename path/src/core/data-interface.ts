/** Where a system has the interface that makes data, if it has one. */
export const api = '/api/';

/** The count that `GET /api/` answers with; undefined where it answers anything else. */
export function countOf(answer: { readonly status: number; readonly body: string }): number | undefined {
  const count = property(answer.body, 'count');
  return answer.status === 200 && typeof count === 'number' ? count : undefined;
}

/**
 * The path of a row by the Location that its making was answered with; undefined where that is no URL.
 * @param url the system's public URL
 */
export function rowPath(location: unknown, url: string): string | undefined {
  if (typeof location !== 'string' || !URL.canParse(location, url)) return undefined;
  return `${api.slice(0, -1)}${new URL(location, url).pathname}`;
}

/** Whether an answer's body is the row of a path. Ids may be above 2^53, so it is their digits that count. */
export function isRow(body: string, path: string): boolean {
  return String(property(body, 'id')) === path.slice(api.length) || digitsOf(body) === path.slice(api.length);
}

function digitsOf(body: string): string | undefined {
  return /^\s*\{\s*"id"\s*:\s*(\d+)\s*[,}]/.exec(body)?.[1];
}

function property(body: string, name: string): unknown {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null
      ? Object.entries(parsed).find(([key]) => key === name)?.[1]
      : undefined;
  } catch {
    return undefined;
  }
}
