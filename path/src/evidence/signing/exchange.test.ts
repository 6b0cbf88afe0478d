import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isSignedBy, readBundle } from './envelope.ts';
import { exchangeKey, type KeyExchange } from './exchange.ts';
import { signerOf, signingKey } from './signers.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ptp-exchange-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const environment = () => ({ XDG_CONFIG_HOME: folder });
async function exchange(): Promise<KeyExchange> {
  const begun = await exchangeKey('hello', environment());
  if (begun === undefined) throw new Error('the project has a key of its own');
  return begun;
}

test('the old key counts until the new one is made to, and is kept beside it then', async () => {
  const old = await signingKey('hello', environment());
  const before = readFileSync(join(folder, 'ptp/keys/hello.pem'), 'utf8');
  const { from, signer, commit } = await exchange();
  expect(from).toBe(old);
  expect(signer.publicKey).not.toBe(old);
  expect(await signingKey('hello', environment())).toBe(old);
  await commit();
  expect(await signingKey('hello', environment())).toBe(signer.publicKey);
  expect(readdirSync(join(folder, 'ptp/keys')).sort()).toEqual(['hello.pem', 'hello.previous.pem']);
  expect(readFileSync(join(folder, 'ptp/keys/hello.previous.pem'), 'utf8')).toBe(before);
  const bundle = await readBundle(await (await signerOf('hello', environment())).sign('t', Buffer.from('x')));
  expect(isSignedBy(bundle, signer.publicKey)).toBe(true);
});

test('one that was broken off goes on with the key that it had made', async () => {
  const [first, second] = [await exchange(), await exchange()];
  expect(second.signer.publicKey).toBe(first.signer.publicKey);
});

test('a key that is named, or an identity that signs, is not exchanged', async () => {
  expect(await exchangeKey('hello', { ...environment(), PTP_SIGNING_KEY: '/k.pem' })).toBeUndefined();
});
