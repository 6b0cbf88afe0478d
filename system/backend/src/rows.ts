import type { Database, Statement } from './database.ts';

/** A row of `test_data` as the API shows it. */
export interface TestData {
  /** A 64-bit number, as PostgreSQL writes it: JavaScript's own numbers end at 2^53. */
  readonly id: string;
  readonly data: string | null;
  /** ISO 8601 in UTC, to the microsecond. */
  readonly createdAt: string;
}

const countRows: Statement = {
  name: 'count',
  // Kept exact by triggers: see migrations/0003_count.sql.
  text: 'select sum(n)::bigint as count from public.test_data_count',
  readOnly: true,
};
const insertRow: Statement = {
  name: 'insert',
  text: 'insert into public.test_data (data) values ($1) returning id',
  readOnly: false,
};
const selectRow: Statement = {
  name: 'select',
  // Formatted here, so that no driver rounds to milliseconds and no session's time zone plays a part.
  text: `select id, data, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "createdAt"
from public.test_data where id = $1`,
  readOnly: true,
};

/** The number of rows, in decimal digits. */
export async function count(database: Database): Promise<string> {
  const [row] = await database.query<{ count: string }>(countRows);
  if (row === undefined) throw new Error('an aggregate gave no row');
  return row.count;
}

/** Stores `data` and returns the new row's id, in decimal digits. */
export async function insert(database: Database, data: string): Promise<string> {
  const [row] = await database.query<{ id: string }>(insertRow, [data]);
  if (row === undefined) throw new Error('an insert returned no row');
  return row.id;
}

/** The row with this id, or undefined. */
export async function find(database: Database, id: bigint): Promise<TestData | undefined> {
  const [row] = await database.query<TestData & Record<string, unknown>>(selectRow, [id.toString()]);
  return row;
}
