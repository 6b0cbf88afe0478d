import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AcmeTarget, Project } from '../project/project.ts';
import { acmeOf } from './acme.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptp-acme-'));
  await writeFile(join(folder, 'key'), ' c2VjcmV0\n');
  await writeFile(join(folder, 'authorities.pem'), '-----BEGIN CERTIFICATE-----\n');
});
afterAll(() => rm(folder, { recursive: true }));

const server = 'https://authority.test/directory';
const asked = (acme?: AcmeTarget, own = true) => acmeOf({ target: { acme } as Project['target'] }, { own });
const rfc2136 = (file: string): NonNullable<AcmeTarget['rfc2136']> => ({
  nameServer: '192.0.2.53',
  key: { name: 'ptp', algorithm: 'hmac-sha256', file: join(folder, file) },
  wait: 10,
});

test('a target that names nobody asks nobody', async () => {
  expect(await asked()).toBeUndefined();
  expect(await asked({ server })).toEqual({ server });
});

test('the key of a zone is a Secret beside the solver that names it, and shown nowhere', async () => {
  const found = await asked({ server, authority: join(folder, 'authorities.pem'), rfc2136: rfc2136('key') });
  expect(found?.dns01).toEqual({
    rfc2136: {
      nameserver: '192.0.2.53',
      tsigKeyName: 'ptp',
      tsigAlgorithm: 'HMACSHA256',
      tsigSecretSecretRef: { name: 'acme-dns01', key: 'tsig' },
    },
  });
  expect(found?.credentials?.data.tsig?.reveal()).toBe('c2VjcmV0');
  expect(JSON.stringify(found)).not.toContain('c2VjcmV0');
  expect(found).toMatchObject({ wait: 10, authority: expect.stringContaining('BEGIN CERTIFICATE') });
});

test('somebody else’s cert-manager looks itself', async () => {
  expect(await asked({ server, rfc2136: rfc2136('key') }, false)).not.toHaveProperty('wait');
});

test('files that are not there, or are something else, are told by name', async () => {
  await expect(asked({ server, authority: join(folder, 'none') })).rejects.toThrow(/cannot be read: ENOENT/);
  await expect(asked({ server, authority: join(folder, 'key') })).rejects.toThrow(/no certificate in PEM/);
  await expect(asked({ server, rfc2136: rfc2136('authorities.pem') })).rejects.toThrow(/is not base64/);
});
