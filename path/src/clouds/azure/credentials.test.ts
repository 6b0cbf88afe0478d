import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chosenSubscription, wayIn } from './credentials.ts';
import { claimsOf } from './enter.ts';

const nothing = async () => false;
const application = { AZURE_CLIENT_ID: 'client', AZURE_TENANT_ID: 'tenant' };

test.each<[string, NodeJS.ProcessEnv, RegExp]>([
  ['a secret', { ...application, AZURE_CLIENT_SECRET: 'secret' }, /service principal/],
  ['a certificate', { ...application, AZURE_CLIENT_CERTIFICATE_PATH: '/x.pem' }, /service principal/],
  ['a federated token', { ...application, AZURE_FEDERATED_TOKEN_FILE: '/x' }, /AZURE_FEDERATED_TOKEN_FILE/],
  [
    'a pipeline of GitHub',
    { ...application, ACTIONS_ID_TOKEN_REQUEST_URL: 'https://x', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'y' },
    /GitHub/,
  ],
  ['a managed identity', { IDENTITY_ENDPOINT: 'http://127.0.0.1:1' }, /managed identity/],
])('%s is found', async (_, env, text) => {
  expect((await wayIn(env, nothing))?.text).toMatch(text);
});

test('what people have logged in with is tried where the environment has nothing', async () => {
  const way = await wayIn({}, async (program) => program === 'az');
  expect(way).toMatchObject({ tried: true, text: expect.stringContaining('az login') });
});

test('there may be none, and half of one is none', async () => {
  expect(await wayIn({}, nothing)).toBeUndefined();
  expect(await wayIn({ AZURE_CLIENT_ID: 'client', AZURE_CLIENT_SECRET: 'secret' }, nothing)).toBeUndefined();
});

test("a pipeline's token is asked for with the audience of Entra ID", async () => {
  const seen: unknown[] = [];
  const server = createServer((request, response) => {
    seen.push([request.url, request.headers.authorization]);
    response.writeHead(500).end('{}');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token?a=b`;
  const env = {
    ...application,
    // Nobody answers there: the pipeline's token is what is asked for first.
    AZURE_AUTHORITY_HOST: 'https://127.0.0.1:1',
    ACTIONS_ID_TOKEN_REQUEST_URL: url,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'given',
  };
  const way = await wayIn(env, nothing);
  await expect(way?.credential.getToken('scope/.default')).rejects.toThrow();
  server.close();
  expect(seen[0]).toEqual(['/token?a=b&audience=api%3A%2F%2FAzureADTokenExchange', 'Bearer given']);
});

test('the subscription that the tool has chosen is read from its profile', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ptp-azure-'));
  const profile = { subscriptions: [{ id: 'one' }, { id: 'two', isDefault: true }] };
  writeFileSync(join(folder, 'azureProfile.json'), `\u{feff}${JSON.stringify(profile)}`);
  expect(await chosenSubscription({ AZURE_CONFIG_DIR: folder })).toBe('two');
  rmSync(folder, { recursive: true });
  expect(await chosenSubscription({ AZURE_CONFIG_DIR: folder })).toBeUndefined();
});

test('a token says whom it was given to', () => {
  const token = (claims: object) => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`;
  expect(claimsOf(token({ oid: 'o', tid: 't', upn: 'ada@example.com' }))).toEqual({
    tenant: 't',
    caller: { id: 'o', type: 'User' },
    who: 'ada@example.com',
  });
  expect(claimsOf(token({ oid: 'o', tid: 't', idtyp: 'app', appid: 'a' }))).toMatchObject({
    caller: { type: 'ServicePrincipal' },
    who: 'application a',
  });
  expect(() => claimsOf('nothing')).toThrow(/does not say/);
});
