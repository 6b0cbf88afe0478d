import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { recordingLog } from '../test/support/log.ts';
import { type EmbeddedDatabase, startEmbedded } from '../test/support/pglite.ts';
import { type Database, openDatabase } from './database.ts';
import { migrate } from './migrations.ts';
import { count, find, insert } from './rows.ts';

let embedded: EmbeddedDatabase;
let database: Database;
beforeAll(async () => {
  embedded = await startEmbedded();
  const { source } = embedded;
  await migrate({ source, wait: 1000, log: recordingLog().log });
  const options = { max: 2, connectTimeout: 2000, statementTimeout: 2000, prepare: false, notice: () => {} };
  database = openDatabase({ source, ...options });
}, 120_000);
afterAll(async () => {
  await database.close();
  await embedded.close();
});
beforeEach(() => embedded.db.exec("truncate test_data; set timezone = 'UTC'"));

test('a stored row is found again by its id', async () => {
  const id = await insert(database, 'hello');
  expect(await find(database, BigInt(id))).toMatchObject({ id, data: 'hello' });
  expect(await find(database, BigInt(id) + 1n)).toBeUndefined();
});

test('an id above 2^53 keeps all its digits', async () => {
  await embedded.db.exec("insert into test_data (id, data) values (9007199254740993, 'odd')");
  expect(await find(database, 9007199254740993n)).toMatchObject({ id: '9007199254740993', data: 'odd' });
  expect(await find(database, 9007199254740992n)).toBeUndefined();
});

test("a row's moment is the same in every time zone of the session, to the microsecond", async () => {
  await embedded.db.exec("insert into test_data (id, created_at) values (1, '2026-11-23T05:27:00.123456Z')");
  const zones = ['UTC', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Kiritimati'];
  for (const zone of zones) {
    await embedded.db.exec(`set timezone = '${zone}'`);
    expect(await find(database, 1n)).toEqual({
      id: '1',
      data: null,
      createdAt: '2026-11-23T05:27:00.123456Z',
    });
  }
});

test('a row says when it was written, whatever the time zone of the writing session', async () => {
  for (const zone of ['America/New_York', 'Pacific/Kiritimati']) {
    await embedded.db.exec(`set timezone = '${zone}'`);
    const before = Date.now();
    const row = await find(database, BigInt(await insert(database, 'x')));
    const after = Date.now();
    const createdAt = row?.createdAt ?? '';
    expect(createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    // A millisecond for the database's clock, which may round otherwise.
    expect(Date.parse(createdAt)).toBeGreaterThanOrEqual(before - 1);
    expect(Date.parse(createdAt)).toBeLessThanOrEqual(after + 1);
  }
});

describe('the count', () => {
  test('follows inserts and deletes of many rows, and of none', async () => {
    expect(await count(database)).toBe('0');
    await embedded.db.exec("insert into test_data (data) select 'x' from generate_series(1, 5000)");
    expect(await count(database)).toBe('5000');
    await embedded.db.exec('delete from test_data where id % 2 = 0');
    expect(await count(database)).toBe('2500');
    await embedded.db.exec("delete from test_data where false; update test_data set data = 'y'");
    expect(await count(database)).toBe('2500');
  });

  test('counts what a conflict let through', async () => {
    await embedded.db.exec("insert into test_data (id, data) values (1, 'x')");
    await embedded.db.exec(
      "insert into test_data (id, data) values (1, 'y'), (2, 'z') on conflict do nothing",
    );
    expect(await count(database)).toBe('2');
  });

  test('is taken back by a rollback, also by one to a savepoint', async () => {
    await embedded.db.exec("begin; insert into test_data (data) values ('x'); rollback");
    expect(await count(database)).toBe('0');
    await embedded.db.exec(`begin; insert into test_data (data) values ('x'); savepoint s;
      insert into test_data (data) values ('y'), ('z'); rollback to s; commit`);
    expect(await count(database)).toBe('1');
    await embedded.db.exec('begin; truncate test_data; rollback');
    expect(await count(database)).toBe('1');
  });

  test('is 0 after truncate', async () => {
    await embedded.db.exec("insert into test_data (data) values ('x'); truncate test_data");
    expect(await count(database)).toBe('0');
  });
});
