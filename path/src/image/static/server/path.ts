/**
 * The decoded path of a request target (RFC 9112, section 3.2), without its query.
 * @returns `undefined` for what no honest client sends: malformed percent-encoding, control characters, a
 * backslash, an encoded slash, `.` or `..` as a segment, or something that is no path
 */
export function readPath(target: string): string | undefined {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  if (path === '' && path !== target) return '/';
  if (!path.startsWith('/')) return undefined;
  const segments: string[] = [];
  for (const raw of path.split('/')) {
    const segment = decoded(raw);
    if (segment === undefined || segment === '.' || segment === '..' || /[/\\\p{Cc}]/u.test(segment)) {
      return undefined;
    }
    segments.push(segment);
  }
  return segments.join('/');
}

function decoded(segment: string): string | undefined {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
