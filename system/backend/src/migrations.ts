import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { connectionClass } from './connection.ts';
import { type DatabaseSource, readSettings } from './settings.ts';

/** What a migration needs. Times are milliseconds. */
export interface MigrateOptions {
  readonly source: DatabaseSource;
  /** How long to wait for the database, and for others that migrate at the same time. */
  readonly wait: number;
  readonly log: Logger;
  /** The folder of the `*.sql` files; absent: the one that belongs to this code. */
  readonly folder?: string;
  /** Ends the waiting for the database. */
  readonly signal?: AbortSignal;
}

/** The migrations could not be run; the message says why. */
export class MigrationFailed extends Error {
  /** @param message what failed
   * @param cause the driver's error */
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'MigrationFailed';
  }
}

const ownFolder = fileURLToPath(new URL('../migrations', import.meta.url));

/** The name of the newest migration in the folder: what the database must have for this code to work. */
export async function newestMigration(folder: string = ownFolder): Promise<string> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql'));
  const newest = files.toSorted().at(-1);
  if (newest === undefined) throw new Error(`no migrations in ${folder}`);
  return newest.slice(0, -'.sql'.length);
}

/**
 * Brings the schema up to date: all of it, or nothing. Safe when several start at once: an advisory lock
 * lets one through, the others wait and find nothing left to do.
 *
 * @returns the names of the migrations that ran
 * @throws MigrationFailed
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  const { log } = options;
  const client = await connect(options);
  client.on('error', (error) => log.warn({ err: error }, 'the connection to the database broke'));
  try {
    // Loaded here, for most processes never migrate.
    const { runner } = await import('node-pg-migrate');
    const ran = await runner({
      dbClient: client,
      dir: options.folder ?? ownFolder,
      direction: 'up',
      schema: 'public',
      migrationsTable: 'pgmigrations',
      singleTransaction: true,
      advisoryLockMode: 'wait',
      // What it says is told better below, and its errors print whole statements.
      logger: {
        debug: () => {},
        info: () => {},
        warn: (message: string) => log.warn(message),
        error: () => {},
      },
    });
    const names = ran.map(({ name }) => name);
    for (const name of names) log.info({ migration: name }, 'migrated');
    log.info({ applied: names.length }, 'the schema is up to date');
    return names;
  } catch (error) {
    throw new MigrationFailed('the migrations failed and were rolled back', error);
  } finally {
    await client.end().catch(() => {});
  }
}

async function connect(options: MigrateOptions) {
  const Connection = connectionClass(() => readSettings(options.source));
  const deadline = performance.now() + options.wait;
  let pause = 100;
  for (;;) {
    const client = new Connection({
      connectionTimeoutMillis: 5000,
      // Also bounds the wait for the advisory lock. Migrations set a shorter one where they block others.
      lock_timeout: Math.max(1000, options.wait),
    });
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => {});
      // A wrong login is waited for as well: a database that starts may not have its roles yet.
      if (performance.now() + pause > deadline) {
        throw new MigrationFailed(`no connection to the database within ${options.wait / 1000} s`, error);
      }
      options.log.info({ err: error }, 'waiting for the database');
      await sleep(pause, options.signal);
      pause = Math.min(pause * 2, 2000);
    }
  }
}

function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(new MigrationFailed('stopped while waiting for the database', signal?.reason));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
