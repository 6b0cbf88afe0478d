/** The parts of a file that a request wants: bytes from `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const tag = /(W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g;

/** Whether If-None-Match names this validator, compared weakly (RFC 9110, sections 8.8.3.2 and 13.1.2). */
export function noneMatchNames(header: string, etag: string): boolean {
  return header.trim() === '*' || [...header.matchAll(tag)].some((match) => match[2] === etag);
}

/** Whether If-Match names this validator, compared strongly (RFC 9110, section 13.1.1). */
export function matchNames(header: string, etag: string): boolean {
  return (
    header.trim() === '*' ||
    [...header.matchAll(tag)].some((match) => match[1] === undefined && match[2] === etag)
  );
}

/**
 * Reads a Range header (RFC 9110, section 14.2).
 * @returns the range; `unsatisfiable` when it lies beyond the file (416); `undefined` when the whole file is to
 * be sent: another unit, malformed, several ranges (a server may decline these), or an empty file
 */
export function readRange(header: string, size: number): ByteRange | 'unsatisfiable' | undefined {
  const match = /^\s*bytes\s*=\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/i.exec(header);
  if (match === null) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '') {
    if (last === '' || (size === 0 && Number(last) > 0)) return undefined;
    if (Number(last) === 0) return 'unsatisfiable';
    return { start: Math.max(0, size - Number(last)), end: size - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}
