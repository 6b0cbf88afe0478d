import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProgram } from './support/backend.ts';
import { type Postgres, startPostgres } from './support/postgres.ts';

let postgres: Postgres;
let env: Record<string, string>;
beforeAll(async () => {
  postgres = await startPostgres();
  const { host, port, user, password } = postgres.login;
  env = { PGHOST: host, PGPORT: String(port), PGDATABASE: 'postgres', PGUSER: user, PGPASSWORD: password };
});
afterAll(() => postgres?.close());

test('several at once: one does the work, all succeed, and the count is right under writers', async () => {
  const session = await postgres.client();
  await session.query(`create table test_data (id bigserial primary key, data varchar(255), created_at timestamp not null);
    insert into test_data (data, created_at) select 'old', now() from generate_series(1, 10000)`);
  // An application of the earlier release goes on writing meanwhile.
  let running = true;
  const writer = (async () => {
    while (running) await session.query("insert into test_data (data, created_at) values ('during', now())");
  })();
  const results = await Promise.all(Array.from({ length: 4 }, () => runProgram('migrate', env)));
  running = false;
  await writer;
  expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  const applied = results.map(({ lines }) => lines.at(-1)?.applied);
  expect(applied.toSorted()).toEqual([0, 0, 0, 3]);
  const { rows } = await session.query(
    'select (select sum(n) from test_data_count) = (select count(*) from test_data) as exact',
  );
  expect(rows).toEqual([{ exact: true }]);
});

test('a second run is up to date at once', async () => {
  const { code, lines } = await runProgram('migrate', env);
  expect(code).toBe(0);
  expect(lines).toMatchObject([{ level: 'info', applied: 0, msg: 'the schema is up to date' }]);
});

test('a wrong login fails after the bound, without the password', async () => {
  const { code, lines, text } = await runProgram('migrate', {
    ...env,
    PGPASSWORD: 'wr0ng',
    MIGRATE_WAIT_SECONDS: '1',
  });
  expect(code).toBe(1);
  expect(lines.at(-1)).toMatchObject({
    level: 'error',
    err: { type: 'MigrationFailed', cause: { code: '28P01' } },
  });
  expect(text).not.toContain('wr0ng');
});

test('a wrong configuration is exit code 2, with all of it in one line', async () => {
  for (const program of ['migrate', 'main'] as const) {
    const { code, lines } = await runProgram(program, { PORT: 'x', LOG_LEVEL: 'y' });
    expect(code).toBe(2);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.problems).toHaveLength(6);
  }
});
