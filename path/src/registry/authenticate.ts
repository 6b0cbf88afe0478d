import { UserMistake } from '../core/failure.ts';
import { oneLine } from '../core/one-line.ts';
import type { Clock } from '../effects/clock.ts';
import type { Reply } from './ask.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { Credentials, FoundCredentials } from './credentials.ts';
import { realmAllowed } from './endpoint.ts';

/** A request for a token, ready to be sent. */
export interface TokenAsk {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What an authenticator needs. */
export interface AuthenticatorOptions {
  readonly endpoint: URL;
  readonly clock: Clock;
  /** Called once, when the registry first asks who is there. */
  readonly find: () => Promise<FoundCredentials>;
  /** Sends a request for a token, with whatever retries there are. Throws unless the answer is 200. */
  readonly fetchToken: (ask: TokenAsk, found: FoundCredentials) => Promise<Reply>;
}

/** Answers a registry's challenges, and remembers what it answered. One for each registry. */
export interface Authenticator {
  /** The `Authorization` for a request that needs these rights, as far as the registry is known by now. */
  header(scopes: readonly string[]): Promise<string | undefined>;
  /** Learns from a 401 to a request sent with `sent`. False where there is no better answer to give. */
  challenged(
    values: readonly string[],
    scopes: readonly string[],
    sent: string | undefined,
  ): Promise<boolean>;
  /** What is known of the credentials, for messages. */
  credentials(): Promise<{ readonly source: string; readonly found: boolean }>;
  /** A text without the secrets that were sent, should a server repeat them. */
  scrub(text: string): string;
}

interface Token {
  readonly header: string;
  /** By the clock's monotonic time. */
  readonly expires: number;
}

// The specification of distribution's tokens: without `expires_in` a token lives for 60 s.
const defaultLife = 60;
// Servers take no header that is longer.
const longestToken = 16 * 1024;
// A token is renewed this much before its end, so that it does not end while a request is on its way.
const margin = 10;

/** An authenticator without any knowledge yet. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { endpoint, clock } = options;
  const tokens = new Map<string, Promise<Token>>();
  const wider = new Map<string, readonly string[]>();
  const secrets = new Set<string>();
  let challenge: Challenge | undefined;
  let finding: Promise<FoundCredentials> | undefined;

  const found = async () => {
    finding ??= options.find();
    const result = await finding;
    for (const secret of secretsOf(result.credentials)) secrets.add(secret);
    return result;
  };

  const fetchToken = async (bearer: Challenge, scopes: readonly string[]): Promise<Token> => {
    const who = await found();
    const reply = await options.fetchToken(tokenAsk(endpoint, bearer, scopes, who.credentials), who);
    const { token, seconds } = readToken(reply, endpoint.host);
    secrets.add(token);
    const life = Math.max(seconds - margin, seconds / 2);
    return { header: `Bearer ${token}`, expires: clock.monotonic() + life * 1000 };
  };

  const bearerHeader = async (bearer: Challenge, scopes: readonly string[]): Promise<string> => {
    const key = keyOf(scopes);
    const known = tokens.get(key);
    const usable = known !== undefined && (await known.catch(() => undefined));
    if (usable && usable.expires > clock.monotonic()) return usable.header;
    // Another request may have begun to fetch one while this one looked.
    const newer = tokens.get(key);
    if (newer !== undefined && newer !== known) return (await newer).header;
    const fetching = fetchToken(bearer, wider.get(key) ?? scopes);
    tokens.set(key, fetching);
    return (await fetching).header;
  };

  const header = async (scopes: readonly string[]) => {
    if (challenge === undefined) return undefined;
    if (challenge.scheme === 'bearer') {
      const { credentials } = await found();
      if (credentials?.kind === 'registry-token') return `Bearer ${credentials.token.reveal()}`;
      return bearerHeader(challenge, scopes);
    }
    const { credentials } = await found();
    return credentials?.kind === 'password' ? basic(credentials) : undefined;
  };

  return {
    header,
    async challenged(values, scopes, sent) {
      const offered = parseChallenges(values);
      const next =
        offered.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.realm !== undefined) ??
        offered.find(({ scheme }) => scheme === 'basic');
      if (next === undefined) return false;
      challenge = next;
      const key = keyOf(scopes);
      const asked = next.parameters.scope?.split(' ').filter((scope) => scope !== '') ?? [];
      if (asked.some((scope) => !scopes.includes(scope))) wider.set(key, [...new Set([...scopes, ...asked])]);
      const cached = tokens.get(key);
      const stale = cached !== undefined && (await cached.catch(() => undefined))?.header === sent;
      if (stale && tokens.get(key) === cached) tokens.delete(key);
      const now = await header(scopes);
      return now !== undefined && now !== sent;
    },
    async credentials() {
      const { credentials, source } = await found();
      return { source, found: credentials !== undefined };
    },
    scrub(text) {
      return [...secrets].reduce((clean, secret) => clean.replaceAll(secret, '[redacted]'), text);
    },
  };
}

/** The request for a token with these rights (distribution's `spec/auth/token` and `spec/auth/oauth`). */
export function tokenAsk(
  endpoint: URL,
  bearer: Challenge,
  scopes: readonly string[],
  credentials: Credentials | undefined,
): TokenAsk {
  const realm = URL.parse(bearer.parameters.realm ?? '');
  if (realm === null || !realmAllowed(endpoint, realm)) {
    throw new UserMistake({
      what: `the registry ${endpoint.host} asks for tokens from ${oneLine(realm?.origin ?? 'an address that is not one', 120)}, where credentials must not go`,
      next: 'Let the registry name a token service (its realm) that is reached over https.',
    });
  }
  realm.username = '';
  realm.password = '';
  const service = bearer.parameters.service;
  if (credentials?.kind === 'identity-token') {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'ptp',
      scope: scopes.join(' '),
    });
    if (service !== undefined) form.set('service', service);
    form.set('refresh_token', credentials.token.reveal());
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { method: 'POST', url: realm, headers, body: form.toString() };
  }
  if (service !== undefined) realm.searchParams.set('service', service);
  for (const scope of scopes) realm.searchParams.append('scope', scope);
  const headers = credentials?.kind === 'password' ? { authorization: basic(credentials) } : {};
  return { method: 'GET', url: realm, headers };
}

function readToken(reply: Reply, host: string): { readonly token: string; readonly seconds: number } {
  const unusable = () =>
    new UserMistake({
      what: `the token service of ${host}, ${reply.url.host}, gave no token`,
      next: `Check that ${host} is the address of a registry.`,
    });
  let value: unknown;
  try {
    value = JSON.parse(reply.body.toString('utf8'));
  } catch {
    throw unusable();
  }
  if (typeof value !== 'object' || value === null) throw unusable();
  const token =
    'token' in value && value.token ? value.token : 'access_token' in value ? value.access_token : '';
  // A line end in it would let the token service write further headers.
  if (typeof token !== 'string' || token.length > longestToken || !/^[\x21-\x7e]+$/.test(token))
    throw unusable();
  const life = 'expires_in' in value ? Number(value.expires_in) : defaultLife;
  return { token, seconds: life > 0 ? life : defaultLife };
}

function basic(credentials: Extract<Credentials, { kind: 'password' }>): string {
  const pair = `${credentials.username}:${credentials.password.reveal()}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}

function secretsOf(credentials: Credentials | undefined): readonly string[] {
  if (credentials === undefined) return [];
  if (credentials.kind !== 'password') return [credentials.token.reveal()];
  const password = credentials.password.reveal();
  return [basic(credentials).slice('Basic '.length), ...(password === '' ? [] : [password])];
}

function keyOf(scopes: readonly string[]): string {
  return [...scopes].sort().join(' ');
}
