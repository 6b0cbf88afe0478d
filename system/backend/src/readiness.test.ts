import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { recordingLog } from '../test/support/log.ts';
import { type EmbeddedDatabase, startEmbedded } from '../test/support/pglite.ts';
import { migrate, newestMigration } from './migrations.ts';
import { createReadinessCheck, type ReadinessCheck } from './readiness.ts';

let embedded: EmbeddedDatabase;
let readiness: ReadinessCheck;
beforeAll(async () => {
  embedded = await startEmbedded();
}, 120_000);
afterAll(() => embedded.close());
beforeEach(async () => {
  const migration = await newestMigration();
  readiness = createReadinessCheck({ source: embedded.source, migration, timeout: 5000, prepare: false });
});
afterEach(() => readiness.close());

test('waits for the schema that the code needs, and does not mind a newer one', async () => {
  expect(await readiness.check()).toMatchObject({ up: false });
  await migrate({ source: embedded.source, wait: 1000, log: recordingLog().log });
  expect(await readiness.check()).toEqual({ up: true });
  await embedded.db.exec("insert into pgmigrations (name, run_on) values ('9999_from_the_future', now())");
  expect(await readiness.check()).toEqual({ up: true });
  await embedded.db.exec("delete from pgmigrations where name = '0003_count'");
  expect(await readiness.check()).toEqual({ up: false, reason: 'the database lacks migration 0003_count' });
  await embedded.db.exec("insert into pgmigrations (name, run_on) values ('0003_count', now())");
});

test('is false without the database and true again with it', async () => {
  expect(await readiness.check()).toEqual({ up: true });
  await embedded.stop();
  const { up } = await readiness.check();
  expect(up).toBe(false);
  await embedded.start();
  expect(await readiness.check()).toEqual({ up: true });
});

test('is false where nothing can be written', async () => {
  await embedded.db.exec('set default_transaction_read_only = on');
  expect(await readiness.check()).toEqual({ up: false, reason: 'the database is read-only' });
  await embedded.db.exec('set default_transaction_read_only = off');
  expect(await readiness.check()).toEqual({ up: true });
});
