import { type Database, openDatabase, type Statement } from './database.ts';
import type { DatabaseSource } from './settings.ts';

/** `up`, or why not; the reason is for the log only. */
export type Readiness = { readonly up: true } | { readonly up: false; readonly reason: string };

/** Asks the database whether this process can work. */
export interface ReadinessCheck {
  /** Never throws, and answers within `timeout`. Questions at the same time share one answer. */
  check(): Promise<Readiness>;
  /** Follows changed credentials. */
  refresh(): void;
  close(): Promise<void>;
}

/** What the check needs. Times are milliseconds. */
export interface ReadinessOptions {
  readonly source: DatabaseSource;
  /** The newest migration that the code relies on. */
  readonly migration: string;
  readonly timeout: number;
  readonly prepare: boolean;
}

const statement: Statement = {
  name: 'ready',
  // Writable as well: after a failover a connection may still lead to what is now a standby.
  text: `select current_setting('transaction_read_only') = 'off' as writable,
exists (select from public.pgmigrations where name = $1) as migrated`,
  readOnly: true,
};

/**
 * Makes the check. It has a connection of its own: requests that wait for one of the pool must not make
 * the process look broken, and take it away from the others just when there is most to do.
 */
export function createReadinessCheck(options: ReadinessOptions): ReadinessCheck {
  const database: Database = openDatabase({
    source: options.source,
    max: 1,
    connectTimeout: options.timeout,
    statementTimeout: options.timeout,
    prepare: options.prepare,
    notice: () => {},
  });
  let asking: Promise<Readiness> | undefined;

  async function ask(): Promise<Readiness> {
    try {
      const [row] = await database.query<{ writable: boolean; migrated: boolean }>(statement, [
        options.migration,
      ]);
      if (!row?.writable) return { up: false, reason: 'the database is read-only' };
      if (!row.migrated) return { up: false, reason: `the database lacks migration ${options.migration}` };
      return { up: true };
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      return {
        up: false,
        reason: cause instanceof Error && cause.message !== '' ? cause.message : 'no connection',
      };
    }
  }

  return {
    check: async () => {
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      const { promise, resolve } = Promise.withResolvers<Readiness>();
      const timer = setTimeout(
        () => resolve({ up: false, reason: 'the database does not answer in time' }),
        options.timeout,
      );
      try {
        return await Promise.race([asking, promise]);
      } finally {
        clearTimeout(timer);
      }
    },
    refresh: () => database.refresh(),
    close: () => database.close(),
  };
}
