import { expect, test } from 'vitest';
import { ConfigError, loadConfig } from './config.ts';

const database = { PGHOST: 'h', PGDATABASE: 'd', PGUSER: 'u', PGPASSWORD: 'p' };

function problems(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test('has defaults for all but the database, and an empty variable is none', () => {
  expect(loadConfig({ ...database, PORT: '', LOG_LEVEL: '' })).toMatchObject({
    host: '0.0.0.0',
    port: 8080,
    managementPort: 9090,
    logLevel: 'info',
    keepAlive: 75_000,
    bodyLimit: 1_048_576,
    drain: 5000,
    migrateOnStart: false,
    pool: { max: 10, connectTimeout: 1500, statementTimeout: 2000, prepare: true },
  });
});

test('reports every problem at once, those of the database too', () => {
  const env = {
    PORT: '8o80',
    MANAGEMENT_PORT: '65536',
    DRAIN_SECONDS: '-1',
    MIGRATE_ON_START: 'yes',
    LOG_LEVEL: 'x',
  };
  expect(problems(env)).toEqual([
    'PORT: must be a whole number',
    'MANAGEMENT_PORT: must be from 0 to 65535',
    'LOG_LEVEL: must be trace, debug, info, warn, error, fatal or silent',
    'DRAIN_SECONDS: must be a whole number',
    'MIGRATE_ON_START: must be true or false',
    'PGHOST: is missing',
    'PGDATABASE: is missing',
    'PGUSER: is missing',
    'no database: set SERVICE_BINDING_ROOT, or PGHOST, PGDATABASE, PGUSER and PGPASSWORD',
  ]);
});

test('keeps the management port apart, and the shutdown longer than the drain', () => {
  expect(problems({ ...database, PORT: '9090', DRAIN_SECONDS: '30' })).toEqual([
    'MANAGEMENT_PORT: must not be PORT, what is on it would be public',
    'SHUTDOWN_SECONDS: must be more than DRAIN_SECONDS',
  ]);
});

test('prefers a binding to the environment, and a broken binding is no reason to fall back', () => {
  expect(problems({ ...database, SERVICE_BINDING_ROOT: '/no/such/folder' })).toEqual([
    'SERVICE_BINDING_ROOT: the folder /no/such/folder cannot be read',
  ]);
});
