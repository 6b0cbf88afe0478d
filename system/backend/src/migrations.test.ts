import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingLog } from '../test/support/log.ts';
import { type EmbeddedDatabase, startEmbedded } from '../test/support/pglite.ts';
import { MigrationFailed, migrate, newestMigration } from './migrations.ts';

let embedded: EmbeddedDatabase;
beforeAll(async () => {
  embedded = await startEmbedded();
}, 120_000);
afterAll(() => embedded.close());
afterEach(() => embedded.db.exec('drop schema public cascade; create schema public'));

const all = ['0001_test_data', '0002_created_at_is_an_instant', '0003_count'];

test('bring an empty database up to date, once', async () => {
  const { log, lines } = recordingLog('info');
  const options = { source: embedded.source, wait: 1000, log };
  expect(await migrate(options)).toEqual(all);
  expect(await migrate(options)).toEqual([]);
  expect(await newestMigration()).toBe(all.at(-1));
  expect(lines.map(({ msg, migration, applied }) => [msg, migration ?? applied])).toEqual([
    ['migrated', all[0]],
    ['migrated', all[1]],
    ['migrated', all[2]],
    ['the schema is up to date', 3],
    ['the schema is up to date', 0],
  ]);
});

test('adopt the table of an earlier release: its moments were UTC, its rows are counted', async () => {
  await embedded.db.exec(`
    create table test_data (id bigserial primary key, data varchar(255), created_at timestamp not null);
    insert into test_data (data, created_at) select 'old', '2026-11-23 05:27:00.123456' from generate_series(1, 1000);
    set timezone = 'America/New_York'`);
  await migrate({ source: embedded.source, wait: 1000, log: recordingLog().log });
  const result = await embedded.db.query(`select (select sum(n)::int from test_data_count) as count,
    bool_and(created_at = '2026-11-23T05:27:00.123456Z'::timestamptz) as same from test_data`);
  expect(result.rows).toEqual([{ count: 1000, same: true }]);
});

test('leave nothing behind when one of them fails', async () => {
  await embedded.db.exec('create table test_data_count (mine int)');
  const { log } = recordingLog();
  await expect(migrate({ source: embedded.source, wait: 1000, log })).rejects.toThrow(MigrationFailed);
  const result = await embedded.db.query("select to_regclass('public.test_data') as relation");
  expect(result.rows).toEqual([{ relation: null }]);
});

test('wait for the database, but not for ever', async () => {
  const { log, lines } = recordingLog();
  await embedded.stop();
  const late = migrate({ source: embedded.source, wait: 20_000, log });
  await expect
    .poll(() => lines.filter(({ msg }) => msg === 'waiting for the database').length, { timeout: 15_000 })
    .toBeGreaterThan(1);
  await embedded.start();
  expect(await late).toEqual(all);

  await embedded.stop();
  try {
    await expect(migrate({ source: embedded.source, wait: 300, log })).rejects.toThrow('within 0.3 s');
    const stop = new AbortController();
    const stopped = migrate({ source: embedded.source, wait: 600_000, log, signal: stop.signal });
    stop.abort();
    await expect(stopped).rejects.toThrow('stopped while waiting');
  } finally {
    await embedded.start();
  }
});
