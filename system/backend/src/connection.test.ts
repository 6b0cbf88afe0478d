import pg from 'pg';
import { expect, test } from 'vitest';
import { clientConfig, connectionClass } from './connection.ts';
import { type DatabaseSettings, SettingsError } from './settings.ts';

const settings: DatabaseSettings = {
  host: 'db.example.com',
  port: 5432,
  database: 'hello',
  username: 'app',
  password: () => 'p4ssw0rd',
  sslMode: 'disable',
};
const certificateAuthority = 'PEM';

test.each([
  [{ sslMode: 'disable' }, false],
  [{ sslMode: 'require' }, { rejectUnauthorized: false, checkServerIdentity: expect.any(Function) }],
  [
    { sslMode: 'require', certificateAuthority },
    { rejectUnauthorized: true, ca: 'PEM', checkServerIdentity: expect.any(Function) },
  ],
  [
    { sslMode: 'verify-ca', certificateAuthority },
    { rejectUnauthorized: true, ca: 'PEM', checkServerIdentity: expect.any(Function) },
  ],
  [{ sslMode: 'verify-full' }, { rejectUnauthorized: true }],
  [
    { sslMode: 'verify-full', certificateAuthority },
    { rejectUnauthorized: true, ca: 'PEM' },
  ],
] as const)('%j means what it means in libpq', (given, ssl) => {
  expect(clientConfig({ ...settings, ...given }).ssl).toEqual(ssl);
});

test('settings that cannot be read fail a connection, again and again, and not the process', async () => {
  let asked = 0;
  const pool = new pg.Pool({
    max: 1,
    Client: connectionClass(() => {
      asked += 1;
      throw new SettingsError(['the folder cannot be read']);
    }),
  });
  // The second waits for the first's connection, which comes from elsewhere in the pool.
  const results = await Promise.allSettled([pool.query('select 1'), pool.query('select 1')]);
  expect(results.map((result) => result.status === 'rejected' && result.reason.cause.message)).toEqual([
    'the folder cannot be read',
    'the folder cannot be read',
  ]);
  expect(asked).toBe(2);
  await pool.end();
});
