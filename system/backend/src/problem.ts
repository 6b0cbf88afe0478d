import { STATUS_CODES } from 'node:http';

/** The media type of errors (RFC 9457). */
export const problemType = 'application/problem+json';

/**
 * The body of an error. It names neither the path (the gateway rewrote it) nor anything from inside.
 *
 * @param status the HTTP status code
 * @param detail a sentence that helps the client to mend its request
 */
export function problem(status: number, detail?: string): string {
  const title = STATUS_CODES[status] ?? 'Error';
  return JSON.stringify({ type: 'about:blank', title, status, ...(detail === undefined ? {} : { detail }) });
}
