import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Backend, startBackend, until } from './support/backend.ts';
import { type Postgres, startPostgres } from './support/postgres.ts';

let postgres: Postgres;
let env: Record<string, string>;
let folder: string;
const backends: Backend[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
  const { host, port, user, password } = postgres.login;
  env = { PGHOST: host, PGPORT: String(port), PGDATABASE: 'postgres', PGUSER: user, PGPASSWORD: password };
  folder = await mkdtemp(join(tmpdir(), 'backend-'));
});
afterAll(async () => {
  await postgres?.close();
  await rm(folder, { recursive: true, force: true });
});
afterEach(async () => {
  await Promise.all(backends.splice(0).map((backend) => backend.stop('SIGKILL')));
});

async function start(extra: Readonly<Record<string, string>> = {}): Promise<Backend> {
  const backend = await startBackend({ ...env, ...extra });
  backends.push(backend);
  return backend;
}
const status = async (url: string, init?: RequestInit) => {
  const response = await fetch(url, init);
  await response.arrayBuffer();
  return response.status;
};

test('is not ready before the migrations ran, and answers 503 until then; it migrates where it is told to', async () => {
  const waiting = await start();
  expect(await status(`${waiting.management}/readyz`)).toBe(503);
  expect(await status(`${waiting.url}/`)).toBe(503);
  const migrating = await start({ MIGRATE_ON_START: 'true' });
  await until(
    () => status(`${migrating.management}/readyz`),
    (code) => code === 200,
  );
  expect(await status(`${waiting.management}/readyz`)).toBe(200);
  expect(await status(`${waiting.url}/`)).toBe(200);
});

test('a row reads the same through processes and sessions of different time zones', async () => {
  const created: unknown[] = [];
  const paths: string[] = [];
  for (const zone of ['UTC', 'America/New_York', 'Pacific/Kiritimati']) {
    await (await postgres.client()).query(`alter role postgres set timezone = '${zone}'`);
    const backend = await start({ TZ: zone });
    const before = Date.now();
    const answer = await fetch(`${backend.url}/`, { method: 'POST' });
    paths.push(new URL(answer.headers.get('location') ?? '').pathname);
    const first = (await (await fetch(backend.url + paths[0])).json()) as { createdAt: string };
    created.push(first.createdAt);
    const last = (await (await fetch(backend.url + paths.at(-1))).json()) as { createdAt: string };
    expect(Math.abs(Date.parse(last.createdAt) - before)).toBeLessThan(60_000);
  }
  expect(new Set(created).size).toBe(1);
  await (await postgres.client()).query('alter role postgres reset timezone');
});

test('SIGTERM: not ready at once, serves on for the drain, finishes what runs, exits with 0', async () => {
  const backend = await start({ DRAIN_SECONDS: '1' });
  expect(await status(`${backend.management}/readyz`)).toBe(200);
  const agent = new Agent({ keepAlive: true });
  const slow = request(`${backend.url}/`, { method: 'POST', agent, headers: { 'content-length': '2' } });
  slow.write('a');
  await until(
    () => status(`${backend.url}/`),
    (code) => code === 200,
  );

  const exit = backend.stop('SIGTERM');
  await backend.line((line) => line.msg === 'draining');
  expect(await status(`${backend.management}/readyz`)).toBe(503);
  expect(await status(`${backend.management}/livez`)).toBe(200);
  const during = await fetch(`${backend.url}/`, { method: 'POST' });
  expect(during.status).toBe(201);
  expect(during.headers.get('connection')).toBe('close');
  await during.arrayBuffer();

  // The drain is over when nothing new is accepted; the request that came before is still finished.
  await until(
    () => status(`${backend.url}/`).catch(() => 'refused'),
    (code) => code === 'refused',
  );
  const answer = once(slow, 'response');
  slow.end('b');
  const [response] = await answer;
  expect(response.statusCode).toBe(201);
  response.resume();
  expect(await exit).toBe(0);
  expect(backend.lines.at(-1)?.msg).toBe('stopped');
});

test('SIGINT does not wait for the drain', async () => {
  const backend = await start({ DRAIN_SECONDS: '500', SHUTDOWN_SECONDS: '600' });
  expect(await backend.stop('SIGINT')).toBe(0);
});

test('a request that does not end cannot hold up the shutdown for ever', async () => {
  const backend = await start({ SHUTDOWN_SECONDS: '1' });
  const stuck = request(`${backend.url}/`, { method: 'POST', headers: { 'content-length': '2' } });
  stuck.on('error', () => {});
  stuck.write('a');
  await until(
    () => status(`${backend.url}/`),
    (code) => code === 200,
  );
  expect(await backend.stop('SIGTERM')).toBe(1);
});

test('rotated credentials take effect under load without a failed request or a restart', async () => {
  const admin = await postgres.client();
  await admin.query(
    "create role one login password 'first-secret'; create role two login password 'second-secret'",
  );
  await admin.query('grant all on all tables in schema public to one, two');
  await admin.query('grant all on all sequences in schema public to one, two');
  const binding = join(folder, 'bindings', 'database');
  const mount = async (version: string, username: string, password: string) => {
    const files = { type: 'postgresql', provider: 'test', host: '127.0.0.1', port: String(postgres.port) };
    await mkdir(join(binding, version), { recursive: true });
    for (const [name, text] of Object.entries({ ...files, database: 'postgres', username, password })) {
      await writeFile(join(binding, version, name), text);
      await symlink(join('..data', name), join(binding, name)).catch(() => {});
    }
    await symlink(version, join(binding, '..data_tmp'));
    await rename(join(binding, '..data_tmp'), join(binding, '..data'));
  };
  await mount('..1', 'one', 'first-secret');
  const backend = await startBackend({ SERVICE_BINDING_ROOT: join(folder, 'bindings') });
  backends.push(backend);
  expect(await status(`${backend.management}/readyz`)).toBe(200);

  let loading = true;
  const seen = new Set<number>();
  // More requests at a time than connections, so that some always wait for one.
  const load = Array.from({ length: 25 }, async () => {
    while (loading) seen.add(await status(`${backend.url}/`, { method: 'POST' }));
  });
  const sessions = async (role: string) =>
    (await admin.query('select count(*)::int as n from pg_stat_activity where usename = $1', [role])).rows[0]
      .n;
  await until(
    () => sessions('one'),
    (n) => n === 11,
  );
  await mount('..2', 'two', 'second-secret');
  await until(
    () => sessions('two'),
    (n) => n >= 10,
  );
  await until(
    () => sessions('one'),
    (n) => n <= 1,
  );
  // The probe's own connection follows as well; the old role is then of no use to anybody.
  await until(
    async () => [await status(`${backend.management}/readyz`), await sessions('one')],
    ([, n]) => n === 0,
  );
  await admin.query('alter role one nologin');
  loading = false;
  await Promise.all(load);
  expect(seen).toEqual(new Set([201]));
  expect(backend.text()).not.toMatch(/first-secret|second-secret/);
});

test('metrics show the pool in use', async () => {
  const backend = await start();
  await status(`${backend.url}/`);
  const text = await (await fetch(`${backend.management}/metrics`)).text();
  expect(text).toMatch(/^db_pool_connections\{state="idle"\} 1$/m);
  expect(text).toMatch(/^http_request_duration_seconds_count\{method="GET",route="\/",status="200"\} 1$/m);
});
