import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UserMistake } from '../core/failure.ts';
import { Secret } from '../core/secret.ts';
import { readAccess } from './kubeconfig.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptp-kubeconfig-'));
});
afterEach(() => rm(folder, { recursive: true }));

const base64 = (text: string) => Buffer.from(text).toString('base64');
const kubeconfig = (user: object, cluster: object = {}) =>
  new Secret(
    JSON.stringify({
      'current-context': 'here',
      contexts: [
        { name: 'there', context: { cluster: 'b', user: 'u' } },
        { name: 'here', context: { cluster: 'a', user: 'u' } },
      ],
      clusters: [
        { name: 'b', cluster: { server: 'https://b' } },
        { name: 'a', cluster: { server: 'https://a:6443/', ...cluster } },
      ],
      users: [{ name: 'u', user }],
    }),
  );

test('reads the current context, certificates in the document and in files', async () => {
  await writeFile(join(folder, 'key'), 'KEY');
  const user = { 'client-certificate-data': base64('CERT'), 'client-key': join(folder, 'key') };
  const access = await readAccess(
    kubeconfig(user, { 'certificate-authority-data': base64('CA'), 'tls-server-name': 'k' }),
  );
  expect(access.server).toBe('https://a:6443');
  expect(String(access.tls.ca)).toBe('CA');
  expect(String(access.tls.cert)).toBe('CERT');
  expect(String(access.tls.key)).toBe('KEY');
  expect(access.tls.servername).toBe('k');
  expect(await access.authorization()).toBeUndefined();
});

test('a token in a file is read anew each time, for it is replaced while it is used', async () => {
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'one\n');
  const access = await readAccess(kubeconfig({ tokenFile }));
  expect(await access.authorization()).toBe('Bearer one');
  await writeFile(tokenFile, 'two');
  expect(await access.authorization()).toBe('Bearer two');
});

test('a user that is known by running a program gets what the program says', async () => {
  const credential = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: 'told' },
  };
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: process.execPath,
    args: ['-e', `console.log(${JSON.stringify(JSON.stringify(credential))})`],
    interactiveMode: 'Never',
  };
  const access = await readAccess(kubeconfig({ exec }));
  expect(await access.authorization()).toBe('Bearer told');
});

test('a document without a usable context is the user’s to mend', async () => {
  await expect(readAccess(new Secret('{"current-context":"none"}'))).rejects.toThrow(UserMistake);
  await expect(readAccess(new Secret(''))).rejects.toThrow(/context/);
});
