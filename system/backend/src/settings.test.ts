import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readSettings, SettingsError, sameSettings } from './settings.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'binding-'));
});
afterEach(() => rm(root, { recursive: true }));

const complete = {
  type: 'postgresql',
  provider: 'ptp',
  host: 'db.example.com',
  port: '5433',
  database: 'hello',
  username: 'app',
  password: 's3cret',
};

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
}

function problems(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('Service Binding', () => {
  test('takes the binding of type postgresql among others', async () => {
    await write(join(root, 'cache'), { type: 'redis', host: 'cache' });
    await write(join(root, 'database'), complete);
    const settings = readSettings({ kind: 'binding', root });
    expect(settings).toMatchObject({
      host: 'db.example.com',
      port: 5433,
      database: 'hello',
      username: 'app',
    });
    expect(settings.password()).toBe('s3cret');
    expect(settings.sslMode).toBe('disable');
  });

  test('does not count the line end that an editor left, and keeps other white space of a password', async () => {
    await write(join(root, 'database'), { ...complete, type: 'PostgreSQL\n', password: ' s3 cret \n' });
    expect(readSettings({ kind: 'binding', root }).password()).toBe(' s3 cret ');
  });

  test('reports all problems at once and no value', async () => {
    await write(join(root, 'database'), {
      type: 'postgresql',
      port: 'p4ssw0rd',
      sslmode: 'p4ssw0rd',
      'ca.crt': 'x',
    });
    const found = problems(() => readSettings({ kind: 'binding', root }));
    expect(found.map((text) => text.replace(`${root}/database/`, ''))).toEqual([
      'host: is missing',
      'port: is not a port number',
      'database: is missing',
      'username: is missing',
      'password: is missing',
      'sslmode: must be disable, require, verify-ca or verify-full',
      'ca.crt: is not a PEM certificate',
    ]);
  });

  test('says when there is no binding, and which ones are too many', async () => {
    expect(problems(() => readSettings({ kind: 'binding', root: join(root, 'no') }))[0]).toMatch(
      'cannot be read',
    );
    expect(problems(() => readSettings({ kind: 'binding', root }))[0]).toMatch(
      'no binding of type postgresql',
    );
    await write(join(root, 'a'), complete);
    await write(join(root, 'b'), { ...complete, host: 'b' });
    expect(problems(() => readSettings({ kind: 'binding', root }))[0]).toMatch(
      '(a, b): set DATABASE_BINDING',
    );
    expect(readSettings({ kind: 'binding', root, name: 'b' }).host).toBe('b');
  });

  test('reads a mounted Secret anew after Kubernetes replaced it', async () => {
    const folder = join(root, 'database');
    await write(join(folder, '..1'), complete);
    await symlink('..1', join(folder, '..data'));
    for (const name of Object.keys(complete)) await symlink(join('..data', name), join(folder, name));
    const before = readSettings({ kind: 'binding', root });
    expect(sameSettings(before, readSettings({ kind: 'binding', root }))).toBe(true);

    await write(join(folder, '..2'), { ...complete, password: 'next' });
    await symlink('..2', join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    const after = readSettings({ kind: 'binding', root });
    expect(after.password()).toBe('next');
    expect(sameSettings(before, after)).toBe(false);
  });

  test('checks the server when it is given an authority', async () => {
    const pem = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';
    await write(join(root, 'database'), { ...complete, 'ca.crt': pem });
    expect(readSettings({ kind: 'binding', root })).toMatchObject({
      sslMode: 'verify-full',
      certificateAuthority: pem.trimEnd(),
    });
  });
});

describe('the environment', () => {
  const env = { PGHOST: 'h', PGDATABASE: 'd', PGUSER: 'u', PGPASSWORD: 'p4ssw0rd' };

  test('gives the settings under the names of libpq', () => {
    const settings = readSettings({ kind: 'environment', env: { ...env, PGSSLMODE: 'require' } });
    expect(settings).toMatchObject({
      host: 'h',
      port: 5432,
      database: 'd',
      username: 'u',
      sslMode: 'require',
    });
    expect(settings.password()).toBe('p4ssw0rd');
  });

  test('is told which variables are wrong', () => {
    const read = () => readSettings({ kind: 'environment', env: { PGPORT: '65536', PGSSLROOTCERT: '' } });
    expect(problems(read)).toEqual([
      'PGHOST: is missing',
      'PGPORT: is not a port number',
      'PGDATABASE: is missing',
      'PGUSER: is missing',
    ]);
    expect(
      problems(() => readSettings({ kind: 'environment', env: { ...env, PGSSLROOTCERT: '/no' } })),
    ).toEqual(['PGSSLROOTCERT: cannot be read']);
  });

  test('never shows the password', () => {
    const settings = readSettings({ kind: 'environment', env });
    expect(JSON.stringify(settings) + inspect(settings, { depth: 9, showHidden: true })).not.toContain(
      'p4ssw0rd',
    );
  });
});
