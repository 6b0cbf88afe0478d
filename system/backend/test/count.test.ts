import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../src/database.ts';
import { migrate } from '../src/migrations.ts';
import { count } from '../src/rows.ts';
import { recordingLog } from './support/log.ts';
import { type Postgres, startPostgres } from './support/postgres.ts';

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
  await migrate({ source: postgres.source, wait: 5000, log: recordingLog().log });
});
afterAll(() => postgres?.close());
beforeEach(async () => {
  await (await postgres.client()).query('truncate public.test_data');
});

const both = `select (select sum(n)::int from test_data_count) as kept, (select count(*)::int from test_data) as rows`;

test('is exact while many sessions insert, delete and roll back', async () => {
  const sessions = await Promise.all(Array.from({ length: 12 }, () => postgres.client()));
  const watcher = await postgres.client();
  let running = true;
  const seen: { kept: number; rows: number }[] = [];
  const watch = (async () => {
    // One statement has one snapshot: what it counts both ways must agree at any moment.
    while (running) seen.push((await watcher.query(both)).rows[0]);
  })();
  await Promise.all(
    sessions.map(async (session, index) => {
      for (let round = 0; round < 60; round += 1) {
        await session.query('begin');
        await session.query('insert into test_data (data) select $1 from generate_series(1, $2::int)', [
          'x',
          index + 1,
        ]);
        await session.query("insert into test_data (data) values ('y')");
        if (round % 3 === 0) {
          await session.query(
            'delete from test_data where id in (select id from test_data limit 2 for update skip locked)',
          );
        }
        await session.query(round % 4 === 0 ? 'rollback' : 'commit');
      }
    }),
  );
  running = false;
  await watch;
  expect(seen.length).toBeGreaterThan(10);
  expect(seen.filter(({ kept, rows }) => kept !== rows)).toEqual([]);
  const { kept, rows } = (await watcher.query(both)).rows[0];
  expect(kept).toBe(rows);
  expect(rows).toBeGreaterThan(1000);
});

test('is exact after truncate among writers', async () => {
  const sessions = await Promise.all(Array.from({ length: 6 }, () => postgres.client()));
  await Promise.all(
    sessions.map(async (session, index) => {
      for (let round = 0; round < 30; round += 1) {
        await session.query("insert into test_data (data) select 'x' from generate_series(1, 3)");
        if (index === 0 && round % 10 === 9) await session.query('truncate test_data');
      }
    }),
  );
  const { kept, rows } = (await (await postgres.client()).query(both)).rows[0];
  expect(kept).toBe(rows);
});

test('does not touch the rows: it answers while nobody may read them', async () => {
  const session = await postgres.client();
  await session.query("insert into test_data (data) select 'x' from generate_series(1, 1000)");
  await session.query('begin; lock table test_data in access exclusive mode');
  const options = { max: 1, connectTimeout: 5000, statementTimeout: 5000, prepare: true, notice: () => {} };
  const database = openDatabase({ source: postgres.source, ...options });
  expect(await count(database)).toBe('1000');
  await database.close();
  await session.query('rollback');
});

test('sessions do not wait for each other', async () => {
  const [one, other] = await sessionsOfDifferentSlots();
  await one.query("begin; insert into test_data (data) values ('x')");
  await other.query("set lock_timeout = '1ms'; insert into test_data (data) values ('y')");
  expect((await other.query(both)).rows).toEqual([{ kept: 1, rows: 1 }]);
  await one.query('commit');
  expect((await other.query(both)).rows).toEqual([{ kept: 2, rows: 2 }]);
});

test('counts for a role that may write to the rows only', async () => {
  const session = await postgres.client();
  await session.query(`create role writer; grant insert, delete on test_data to writer;
    grant usage on sequence test_data_id_seq to writer; set role writer;
    insert into test_data (data) values ('x'); reset role`);
  expect((await session.query(both)).rows).toEqual([{ kept: 1, rows: 1 }]);
});

test('survives a dump and its restore', async () => {
  const session = await postgres.client();
  await session.query("insert into test_data (data) select 'x' from generate_series(1, 7)");
  await postgres.program('pg_dump', '--format=custom', `--file=${postgres.folder}/dump`);
  await session.query('create database restored');
  await postgres.program('pg_restore', '--dbname=restored', `${postgres.folder}/dump`);
  const counts = await postgres.program('psql', '--dbname=restored', '-At', '-c', both);
  expect(counts.trim()).toBe('7|7');
  const after = await postgres.program(
    'psql',
    '--dbname=restored',
    '-Atq',
    ...['-c', "insert into test_data (data) values ('next')", '-c', both],
  );
  expect(after.trim()).toBe('8|8');
});

async function sessionsOfDifferentSlots() {
  const one = await postgres.client();
  const slot = async (session: typeof one) =>
    (await session.query('select pg_backend_pid() % 32 as slot')).rows[0].slot;
  const taken = await slot(one);
  for (;;) {
    const other = await postgres.client();
    if ((await slot(other)) !== taken) return [one, other] as const;
  }
}
