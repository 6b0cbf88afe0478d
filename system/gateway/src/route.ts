/** One line of the routing table. */
export interface Route {
  /** `/` or `/a/b`: no slash at the end. Matches itself and everything below it, by whole segments. */
  readonly prefix: string;
  /** The origin requests go to, such as `http://backend:8080`. */
  readonly upstream: string;
  /** Whether the prefix is taken off before the request is sent on. */
  readonly stripPrefix: boolean;
}

/** Where a request target goes, or why it goes nowhere. */
export type Routing =
  | { readonly kind: 'routed'; readonly route: Route; readonly target: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unrouted' };

const UNROUTED: Routing = { kind: 'unrouted' };

/** Anything that is no visible ASCII, or a fragment, which no client may send. */
const FOREIGN = /[^\x21-\x7e]|#/;
/** What two parsers may read differently: only such paths are looked at closely. */
const SUSPECT = /[%\\;]|\/[./]/;
const BROKEN_ESCAPE = /%(?![0-9a-f]{2})/i;
/** Escaped controls, dots, slashes and backslashes; also escaped twice or more often. */
const TRICK_ESCAPE = /%(?:25)*(?:[01][0-9a-f]|2e|2f|5c|7f)/i;
const ASCII_ESCAPE = /%([0-7][0-9a-f])/gi;
const DOT_SEGMENT = /\/\.{1,2}(?=\/|$)/;
const PATH_PARAMETERS = /;[^/]*/g;

/**
 * Chooses the route of a request target (RFC 9112 section 3.2.1, origin-form only).
 *
 * Matching is literal and by whole segments: `/apix` is not below `/api`. A target that another parser could
 * read as a different path, and so as belonging to a different upstream, is refused rather than guessed.
 *
 * @param target the request target as received, with its query
 * @param routes the table; the first match wins
 */
export function routeTarget(target: string, routes: readonly Route[]): Routing {
  if (target.charCodeAt(0) !== 0x2f)
    return refused('The request target must be a path that begins with a slash.');
  if (FOREIGN.test(target)) return refused('The request target has a character that must be escaped.');
  const question = target.indexOf('?');
  const path = question === -1 ? target : target.slice(0, question);
  const route = firstMatch(path, routes);
  if (SUSPECT.test(path)) {
    const reason = ambiguity(path, route, routes);
    if (reason !== undefined) return refused(reason);
  }
  if (route === undefined) return UNROUTED;
  if (!route.stripPrefix || route.prefix === '/') return { kind: 'routed', route, target };
  const rest = target.slice(route.prefix.length);
  return { kind: 'routed', route, target: rest.charCodeAt(0) === 0x2f ? rest : `/${rest}` };
}

function firstMatch(path: string, routes: readonly Route[]): Route | undefined {
  for (const route of routes) {
    const prefix = route.prefix;
    if (prefix === '/') return route;
    if (
      path.startsWith(prefix) &&
      (path.length === prefix.length || path.charCodeAt(prefix.length) === 0x2f)
    ) {
      return route;
    }
  }
  return undefined;
}

function ambiguity(path: string, route: Route | undefined, routes: readonly Route[]): string | undefined {
  if (path.includes('\\')) return 'The path has a backslash.';
  if (path.includes('//')) return 'The path has an empty segment.';
  if (BROKEN_ESCAPE.test(path)) return 'The path has a broken escape.';
  if (TRICK_ESCAPE.test(path)) return 'The path has an escaped dot, slash, backslash or control character.';
  try {
    decodeURIComponent(path);
  } catch {
    return 'The path has escapes that are not UTF-8.';
  }
  // Readers that decode once, or over and over, with and without path parameters.
  for (let reading = path, before = ''; reading !== before; ) {
    const bare = reading.replace(PATH_PARAMETERS, '');
    if (DOT_SEGMENT.test(bare) || bare.includes('//')) return 'The path has a dot segment or an empty one.';
    // `/%61pi/7` and `/api;x/7` are `/api/7` to a more lenient reader: nobody sends them by accident.
    if (firstMatch(bare, routes) !== route || firstMatch(reading, routes) !== route) {
      return 'The path can be read in two ways.';
    }
    before = reading;
    reading = reading.replace(ASCII_ESCAPE, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  }
  return undefined;
}

function refused(reason: string): Routing {
  return { kind: 'refused', reason };
}
