import { timingSafeEqual } from 'node:crypto';

/** What is looked at of a request before it is answered. */
export interface Asked {
  readonly method: string;
  /** Below the origin, without the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Why a request is not answered. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 405 | 415;
  readonly text: string;
}

/**
 * Whether a request may be answered. The page is on this machine's loopback, which every program and every web page
 * that is open on it can send requests to:
 *
 * - the Host has to be the page's own, so that no name that somebody else's DNS leads to 127.0.0.1 reaches it;
 * - what comes from another site is refused, by Origin and by Sec-Fetch-Site (Fetch Metadata), and nothing is granted
 *   to other origins (no CORS);
 * - data is given to those alone who have the token, in a header that no form and no link can send;
 * - what changes something has to be JSON as well, which needs a preflight that is never answered.
 *
 * @returns undefined where it may. Pure.
 */
export function refusalOf(
  { method, path, headers }: Asked,
  port: number,
  token: string,
): Refusal | undefined {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const host = one(headers.host);
  if (host === undefined || !hosts.includes(host)) return { status: 403, text: 'not this host' };
  const origin = one(headers.origin);
  if (origin !== undefined && origin !== `http://${host}`)
    return { status: 403, text: 'not from another site' };
  const site = one(headers['sec-fetch-site']);
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return { status: 403, text: 'not from another site' };
  const changing = path === '/api/rollback';
  if (!(method === 'GET' || (method === 'POST' && changing))) return { status: 405, text: 'not so' };
  if (!path.startsWith('/api/')) return undefined;
  if (!sameToken(one(headers.authorization), token)) return { status: 401, text: 'no token, or another one' };
  if (changing && method !== 'POST') return { status: 405, text: 'not so' };
  if (changing && one(headers['content-type']) !== 'application/json')
    return { status: 415, text: 'JSON is wanted' };
  if (changing && origin === undefined) return { status: 403, text: 'from this page alone' };
  return undefined;
}

/** Headers of every answer. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

function one(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function sameToken(header: string | undefined, token: string): boolean {
  const [given, wanted] = [Buffer.from(header ?? ''), Buffer.from(`Bearer ${token}`)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
