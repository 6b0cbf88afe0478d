import pg from 'pg';
import { connectionClass } from './connection.ts';
import { type DatabaseSettings, type DatabaseSource, readSettings, sameSettings } from './settings.ts';

/** A statement; `name` is what it is prepared as. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  /** It changes nothing, so it may be sent again when a connection was lost under it. */
  readonly readOnly: boolean;
}

/** How the pool's connections are used. */
export interface PoolUse {
  /** Open connections. */
  readonly total: number;
  readonly idle: number;
  /** Requests that wait for a connection. */
  readonly waiting: number;
}

/** The database can't be reached or can't answer now; the same request may succeed later. */
export class DatabaseUnavailable extends Error {
  /** @param cause what failed */
  constructor(cause: unknown) {
    super('the database is not available', { cause });
    this.name = 'DatabaseUnavailable';
  }
}

/** A bounded pool of connections that follows changing credentials. */
export interface Database {
  /**
   * Runs one statement.
   *
   * @throws DatabaseUnavailable when the database does not answer in time
   */
  query<Row extends pg.QueryResultRow>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>;
  use(): PoolUse;
  /** Looks whether the settings changed; if so, new requests use new connections and old ones end when idle. */
  refresh(): void;
  /** Waits for running statements and closes all connections. */
  close(): Promise<void>;
}

/** What a pool needs. Times are milliseconds. */
export interface DatabaseOptions {
  readonly source: DatabaseSource;
  readonly max: number;
  readonly connectTimeout: number;
  readonly statementTimeout: number;
  readonly prepare: boolean;
  /** Told of connections that broke while idle, and of changed settings. */
  readonly notice: (message: string, error?: unknown) => void;
  /** Told how long each statement took, in seconds, the wait for a connection and further attempts in it. */
  readonly measure?: (statement: string, outcome: 'ok' | 'failed', seconds: number) => void;
}

/** Opens the pool; it connects at the first statement. */
export function openDatabase(options: DatabaseOptions): Database {
  const closing = new Set<Promise<void>>();
  let settings: DatabaseSettings | undefined;
  let pool = open();

  function open(): pg.Pool {
    settings = tryRead(options.source);
    const opened = new pg.Pool({
      Client: connectionClass(() => readSettings(options.source)),
      max: options.max,
      connectionTimeoutMillis: options.connectTimeout,
      idleTimeoutMillis: 60_000,
      statement_timeout: options.statementTimeout,
      // The server enforces the first; this one is for a server that is frozen or cut off.
      query_timeout: options.statementTimeout + 500,
    });
    opened.on('error', (error) => options.notice('an idle connection to the database broke', error));
    return opened;
  }

  /** A pool that ends serves nobody who still waits for a connection, so they are served first. */
  function retire(old: pg.Pool): Promise<void> {
    return new Promise((resolve) => {
      const next = (): void => {
        if (old.waitingCount > 0) old.once('release', () => setImmediate(next));
        else old.end().then(resolve, resolve);
      };
      next();
    });
  }

  async function run<Row extends pg.QueryResultRow>(
    statement: Statement,
    values: readonly unknown[],
  ): Promise<Row[]> {
    const { name, text } = statement;
    const result = await pool.query<Row>({
      ...(options.prepare ? { name } : {}),
      text,
      values: [...values],
    });
    return result.rows;
  }

  async function answer<Row extends pg.QueryResultRow>(
    statement: Statement,
    values: readonly unknown[],
  ): Promise<Row[]> {
    // After a restart each connection of the pool may be a dead one, and each attempt removes one.
    for (let left = options.max; ; left -= 1) {
      try {
        return await run<Row>(statement, values);
      } catch (error) {
        if (statement.readOnly && left > 0 && isLostConnection(error)) continue;
        if (isOurMistake(error)) throw error;
        throw new DatabaseUnavailable(error);
      }
    }
  }

  return {
    query: async <Row extends pg.QueryResultRow>(statement: Statement, values: readonly unknown[] = []) => {
      const began = performance.now();
      let outcome: 'ok' | 'failed' = 'failed';
      try {
        const rows = await answer<Row>(statement, values);
        outcome = 'ok';
        return rows;
      } finally {
        options.measure?.(statement.name, outcome, (performance.now() - began) / 1000);
      }
    },
    use: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    refresh: () => {
      const now = tryRead(options.source);
      if (now === undefined || (settings !== undefined && sameSettings(settings, now))) return;
      const old = pool;
      pool = open();
      const done = retire(old).finally(() => closing.delete(done));
      closing.add(done);
      options.notice('the settings of the database changed: new connections are opened');
    },
    close: async () => {
      await Promise.all([pool.end(), ...closing]);
    },
  };
}

function tryRead(source: DatabaseSource): DatabaseSettings | undefined {
  try {
    return readSettings(source);
  } catch {
    return undefined;
  }
}

/**
 * Classes of SQLSTATE that say "not now": lost connection, wrong login (while it is being rotated), no such database,
 * read-only (a failover), out of resources, shut down, system error (PostgreSQL 17, appendix A); lock and statement
 * timeouts; and a table that the migrations have yet to create.
 */
const passing = /^(08|28|3D|25006|53|57|58|55P03|42P01|40)/;

/** Everything that PostgreSQL itself refused for another reason is a bug here; all else is the way to it. */
function isOurMistake(error: unknown): boolean {
  return error instanceof pg.DatabaseError && !passing.test(error.code ?? '');
}

/** The connection ended, after it was established, before the answer: by a restart or a failover. */
function isLostConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : undefined;
  if (code === '57P01' || code === '57P02' || code === 'ECONNRESET' || code === 'EPIPE') return true;
  // pg gives these no code.
  return code === undefined && /^Connection terminated( unexpectedly)?$/.test(error.message);
}
