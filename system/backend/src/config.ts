import { z } from 'zod';
import { type DatabaseSource, readSettings, SettingsError } from './settings.ts';

/** What the environment says, checked. Times are milliseconds. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly managementPort: number;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** How long an idle connection of a client stays open. */
  readonly keepAlive: number;
  /** How many bytes a request body may have, although it is ignored; the answer to more is 413. */
  readonly bodyLimit: number;
  /** How long to serve on, not ready any more, after SIGTERM. */
  readonly drain: number;
  /** How long all of the shutdown may take, the drain included. */
  readonly shutdown: number;
  readonly pool: PoolConfig;
  readonly migrateOnStart: boolean;
  /** How long migrations wait for a database that isn't there yet. */
  readonly migrateWait: number;
  readonly database: DatabaseSource;
}

/** The bounds of the connections to the database. Times are milliseconds. */
export interface PoolConfig {
  readonly max: number;
  /** To get a connection: from the pool, or a new one. */
  readonly connectTimeout: number;
  readonly statementTimeout: number;
  /** Whether statements are prepared once a connection; not so behind a pooler that shares sessions. */
  readonly prepare: boolean;
}

/** The environment can't be used; `problems` lists everything there is to mend. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  /** @param problems one sentence for each thing to mend */
  constructor(problems: readonly string[]) {
    super(`configuration: ${problems.join('; ')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const whole = (fallback: number, least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,12}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be from ${least} to ${most}`)
    .default(fallback);
const port = (fallback: number) => whole(fallback, 0, 65_535);
const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false'], 'must be true or false')
    .transform((value) => value === 'true')
    .default(fallback);

const environment = z.object({
  HOST: z.string().default('0.0.0.0'),
  PORT: port(8080),
  MANAGEMENT_PORT: port(9090),
  LOG_LEVEL: z
    .enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      'must be trace, debug, info, warn, error, fatal or silent',
    )
    .default('info'),
  KEEP_ALIVE_SECONDS: whole(75, 1, 3600),
  BODY_LIMIT_BYTES: whole(1_048_576, 0, 1_073_741_824),
  DRAIN_SECONDS: whole(5, 0, 600),
  SHUTDOWN_SECONDS: whole(25, 1, 3600),
  DB_POOL_MAX: whole(10, 1, 1000),
  DB_CONNECT_TIMEOUT_MS: whole(1500, 1, 60_000),
  DB_STATEMENT_TIMEOUT_MS: whole(2000, 1, 60_000),
  DB_PREPARE: flag(true),
  MIGRATE_ON_START: flag(false),
  MIGRATE_WAIT_SECONDS: whole(60, 0, 3600),
  SERVICE_BINDING_ROOT: z.string().optional(),
  DATABASE_BINDING: z.string().optional(),
});

/**
 * Reads the configuration from environment variables. An empty variable counts as absent.
 *
 * @throws ConfigError with all problems at once
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = environment.safeParse(given);
  const problems = result.success
    ? []
    : result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  const database = databaseSource(given);
  try {
    readSettings(database);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    problems.push(...error.problems);
    if (database.kind === 'environment') {
      problems.push('no database: set SERVICE_BINDING_ROOT, or PGHOST, PGDATABASE, PGUSER and PGPASSWORD');
    }
  }
  const vars = result.data;
  if (vars && vars.PORT === vars.MANAGEMENT_PORT && vars.PORT !== 0) {
    problems.push('MANAGEMENT_PORT: must not be PORT, what is on it would be public');
  }
  if (vars && vars.SHUTDOWN_SECONDS <= vars.DRAIN_SECONDS) {
    problems.push('SHUTDOWN_SECONDS: must be more than DRAIN_SECONDS');
  }
  if (!vars || problems.length > 0) throw new ConfigError(problems);
  return {
    host: vars.HOST,
    port: vars.PORT,
    managementPort: vars.MANAGEMENT_PORT,
    logLevel: vars.LOG_LEVEL,
    keepAlive: vars.KEEP_ALIVE_SECONDS * 1000,
    bodyLimit: vars.BODY_LIMIT_BYTES,
    drain: vars.DRAIN_SECONDS * 1000,
    shutdown: vars.SHUTDOWN_SECONDS * 1000,
    pool: {
      max: vars.DB_POOL_MAX,
      connectTimeout: vars.DB_CONNECT_TIMEOUT_MS,
      statementTimeout: vars.DB_STATEMENT_TIMEOUT_MS,
      prepare: vars.DB_PREPARE,
    },
    migrateOnStart: vars.MIGRATE_ON_START,
    migrateWait: vars.MIGRATE_WAIT_SECONDS * 1000,
    database,
  };
}

function databaseSource(env: NodeJS.ProcessEnv): DatabaseSource {
  const root = env.SERVICE_BINDING_ROOT;
  if (root === undefined) return { kind: 'environment', env };
  const name = env.DATABASE_BINDING;
  return { kind: 'binding', root, ...(name === undefined ? {} : { name }) };
}
