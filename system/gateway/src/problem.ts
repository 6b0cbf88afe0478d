import { STATUS_CODES } from 'node:http';

/** A failure as a client may see it: it names no internal host, no rewritten path and no cause. */
export interface Problem {
  readonly status: number;
  readonly detail: string;
  /** Further header fields, as name, value, name, value. */
  readonly headers?: readonly string[];
}

/** Found out before a request is sent on or while it is. What is left of the body is thrown away. */
export const TOO_LARGE: Problem = { status: 413, detail: 'The request body is larger than allowed.' };
/** Found out while a request is sent on. */
export const TOO_SLOW: Problem = {
  status: 408,
  detail: 'The request body did not arrive in time.',
  headers: ['connection', 'close'],
};

/**
 * Writes a problem as an `application/problem+json` document (RFC 9457).
 * @param requestId lets a user's report be found in the log
 */
export function problemDocument(problem: Problem, requestId: string): string {
  return JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[problem.status] ?? 'Error',
    status: problem.status,
    detail: problem.detail,
    requestId,
  });
}

/** The header fields of a problem's response, as name, value, name, value. */
export function problemHeaders(problem: Problem, body: string, requestId: string): string[] {
  return [
    'content-type',
    'application/problem+json',
    'content-length',
    String(Buffer.byteLength(body)),
    'cache-control',
    'no-store',
    'x-request-id',
    requestId,
    ...(problem.headers ?? []),
  ];
}

/** A whole response as bytes, for a socket that has no response object (CONNECT, unreadable requests). */
export function rawProblem(problem: Problem, requestId: string): string {
  const body = problemDocument(problem, requestId);
  const fields = [
    ...problemHeaders(problem, body, requestId),
    'date',
    new Date().toUTCString(),
    'connection',
    'close',
  ];
  let head = `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? 'Error'}\r\n`;
  for (let i = 0; i < fields.length; i += 2) head += `${fields[i]}: ${fields[i + 1]}\r\n`;
  return `${head}\r\n${body}`;
}
