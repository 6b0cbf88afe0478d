import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { z } from 'zod';
import type { Route } from './route.ts';

/** What the gateway is told by its environment. Times are milliseconds, sizes are bytes. */
export interface Config {
  /** Address to listen on; all addresses when undefined. */
  readonly host: string | undefined;
  readonly port: number;
  readonly managementPort: number;
  readonly routes: readonly Route[];
  readonly timeouts: Timeouts;
  readonly maxHeaderBytes: number;
  readonly maxBodyBytes: number;
  /** How long an idle client connection is kept. */
  readonly keepAlive: number;
  /** Most connections to one upstream, for reads and for writes each. */
  readonly upstreamConnections: number;
  /** How long requests are still served after the signal to stop. */
  readonly lameDuck: number;
  /** From the signal to stop to the exit, at most. */
  readonly drain: number;
  readonly logLevel: string;
  /** Networks, in CIDR notation, whose X-Forwarded-* headers are believed. */
  readonly trustedProxies: readonly string[];
}

export interface Timeouts {
  /** Until a connection to the upstream is there. */
  readonly connect: number;
  /** From the end of the request to the upstream's response headers. */
  readonly response: number;
  /** Between two pieces of a body, in both directions. */
  readonly idle: number;
  /** The whole exchange. */
  readonly whole: number;
}

/** The environment is wrong; `problems` has a line for each thing to put right. */
export class ConfigMistake extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigMistake';
    this.problems = problems;
  }
}

const whole = (fallback: number, least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(least, `must be at least ${least}`).max(most, `must be at most ${most}`))
    .default(fallback);

const upstream = z.string().transform((value, ctx) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'http:' || url.username !== '' || `${url.origin}/` !== url.href) {
    ctx.addIssue({
      code: 'custom',
      message: 'must be an origin such as http://backend:8080, without a path',
    });
    return z.NEVER;
  }
  return url.origin;
});

const networks = z
  .string()
  .default('')
  .transform((value, ctx) => {
    const entries = value.split(',').map((entry) => entry.trim());
    const kept = entries.filter((entry) => entry !== '');
    for (const entry of kept) {
      if (!isNetwork(entry))
        ctx.addIssue({ code: 'custom', message: `${entry} is no network such as 10.0.0.0/8` });
    }
    return kept;
  });

function isNetwork(entry: string): boolean {
  const [address = '', bits, more] = entry.split('/');
  const family = isIP(address);
  if (family === 0 || more !== undefined) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

const minute = 60_000;
const environment = z.object({
  HOST: z.string().optional(),
  PORT: whole(8080, 0, 65535),
  MANAGEMENT_PORT: whole(9090, 0, 65535),
  BACKEND_URL: upstream.default('http://backend:8080'),
  FRONTEND_URL: upstream.default('http://frontend:8080'),
  ROUTES_FILE: z.string().optional(),
  CONNECT_TIMEOUT_MS: whole(1_000, 1, 10 * minute),
  RESPONSE_TIMEOUT_MS: whole(15_000, 1, 10 * minute),
  IDLE_TIMEOUT_MS: whole(30_000, 1, 10 * minute),
  REQUEST_TIMEOUT_MS: whole(minute, 1, 60 * minute),
  MAX_HEADER_BYTES: whole(16_384, 1_024, 1_048_576),
  MAX_BODY_BYTES: whole(10_485_760, 0, Number.MAX_SAFE_INTEGER),
  KEEP_ALIVE_SECONDS: whole(120, 1, 3_600),
  UPSTREAM_CONNECTIONS: whole(128, 1, 10_000),
  LAME_DUCK_SECONDS: whole(5, 0, 3_600),
  DRAIN_SECONDS: whole(25, 0, 3_600),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  TRUSTED_PROXIES: networks,
});

const routesFile = z
  .array(
    z.strictObject({
      prefix: z.string().regex(/^(?:\/|(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+)$/, 'must be / or like /a/b'),
      upstream,
      stripPrefix: z.boolean().default(false),
    }),
  )
  .min(1, 'must have a route');

/**
 * Reads the configuration.
 * @param env the environment; a variable that is empty counts as not set
 * @throws ConfigMistake with every problem there is, not only the first
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const problems: string[] = [];
  const parsed = environment.safeParse(present);
  if (!parsed.success) problems.push(...parsed.error.issues.map((issue) => describe('', issue)));
  let routes: readonly Route[] | undefined;
  const file = present.ROUTES_FILE;
  if (file !== undefined) {
    const read = readRoutes(file);
    if ('problems' in read) problems.push(...read.problems);
    else routes = read.routes;
  }
  if (parsed.success && parsed.data.LAME_DUCK_SECONDS > parsed.data.DRAIN_SECONDS) {
    problems.push('LAME_DUCK_SECONDS: must not be more than DRAIN_SECONDS');
  }
  if (!parsed.success || problems.length > 0) throw new ConfigMistake(problems);
  const e = parsed.data;
  return {
    host: e.HOST,
    port: e.PORT,
    managementPort: e.MANAGEMENT_PORT,
    routes: routes ?? [
      { prefix: '/api', upstream: e.BACKEND_URL, stripPrefix: true },
      { prefix: '/', upstream: e.FRONTEND_URL, stripPrefix: false },
    ],
    timeouts: {
      connect: e.CONNECT_TIMEOUT_MS,
      response: e.RESPONSE_TIMEOUT_MS,
      idle: e.IDLE_TIMEOUT_MS,
      whole: e.REQUEST_TIMEOUT_MS,
    },
    maxHeaderBytes: e.MAX_HEADER_BYTES,
    maxBodyBytes: e.MAX_BODY_BYTES,
    keepAlive: e.KEEP_ALIVE_SECONDS * 1000,
    upstreamConnections: e.UPSTREAM_CONNECTIONS,
    lameDuck: e.LAME_DUCK_SECONDS * 1000,
    drain: e.DRAIN_SECONDS * 1000,
    logLevel: e.LOG_LEVEL,
    trustedProxies: e.TRUSTED_PROXIES,
  };
}

type RoutesRead = { readonly routes: readonly Route[] } | { readonly problems: readonly string[] };

function readRoutes(file: string): RoutesRead {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return { problems: [`ROUTES_FILE: ${error instanceof Error ? error.message : 'cannot be read'}`] };
  }
  const parsed = routesFile.safeParse(value);
  if (!parsed.success)
    return { problems: parsed.error.issues.map((issue) => describe('ROUTES_FILE', issue)) };
  return { routes: parsed.data };
}

function describe(
  where: string,
  issue: { readonly path: readonly PropertyKey[]; readonly message: string },
): string {
  const place = [...(where === '' ? [] : [where]), ...issue.path.map(String)].join('.');
  return `${place}: ${issue.message}`;
}
