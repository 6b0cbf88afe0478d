/** The databases that a restoration works with. */
export interface Databases {
  /** The application's. */
  readonly database: string;
  /** What is made of the backup, until it takes the other's name. */
  readonly beside: string;
  /** What was the application's until then. */
  readonly replaced: string;
}

/** What the databases beside an application's are called; a name has at most 63 bytes. */
export function databasesOf(database: string): Databases {
  const short = database.slice(0, 52);
  return { database, beside: `${short}_restoring`, replaced: `${short}_replaced` };
}

/** Makes the database beside, as the server's first start makes the application's. */
export function makeStatements({ database, beside }: Databases): string {
  return [
    `CREATE DATABASE "${beside}" OWNER "${database}" TEMPLATE template0;\n`,
    `REVOKE CONNECT ON DATABASE "${beside}" FROM PUBLIC;\n`,
  ].join('');
}

/**
 * Puts the database beside in the place of the application's. Nobody may come in between the end of the old connections
 * and the new name: a database that is in use cannot be renamed. Both renames are one transaction, so there is always a
 * database of the application.
 */
export function switchStatements({ database, beside, replaced }: Databases, backup: string): string {
  if (!/^[\w./:@-]+$/.test(backup)) throw new TypeError('no name of a backup');
  return [
    `ALTER DATABASE "${database}" WITH ALLOW_CONNECTIONS false;\n`,
    `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname IN ('${database}', '${beside}');\n`,
    'BEGIN;\n',
    `ALTER DATABASE "${database}" RENAME TO "${replaced}";\n`,
    `ALTER DATABASE "${beside}" RENAME TO "${database}";\n`,
    `COMMENT ON DATABASE "${database}" IS 'restored by ptp from ${backup}';\n`,
    `ALTER DATABASE "${replaced}" WITH ALLOW_CONNECTIONS true;\n`,
    'COMMIT;\n',
  ].join('');
}
