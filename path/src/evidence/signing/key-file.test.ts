import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UserMistake } from '../../core/failure.ts';
import { keyFileOf, openKeyFile, readKeyFile } from './key-file.ts';
import { keySigner } from './key-signer.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ptp-key-'));
  file = join(folder, 'deep/keys/hello.pem');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bits = (path: string) => statSync(path).mode & 0o777;
async function mistakeOf(work: Promise<unknown>): Promise<UserMistake> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof UserMistake)) throw new Error(`no UserMistake: ${inspect(error)}`);
  return error;
}

test('a key is made on first use, for its owner only, and nothing is left beside it', async () => {
  const umask = process.umask(0o377);
  const key = await openKeyFile(file).finally(() => process.umask(umask));
  expect(bits(file)).toBe(0o600);
  expect(bits(dirname(file)) & 0o077).toBe(0);
  expect(readdirSync(dirname(file))).toEqual(['hello.pem']);
  expect(inspect({ key, text: `${key}` })).not.toContain('PRIVATE');
  expect((await openKeyFile(file)).reveal()).toBe(key.reveal());
});

test('all who make it at once have the same key', async () => {
  const keys = await Promise.all(Array.from({ length: 20 }, () => openKeyFile(file)));
  expect(new Set(keys.map((key) => key.reveal())).size).toBe(1);
  expect(readFileSync(file, 'utf8')).toBe(keys[0]?.reveal());
});

test('there is no key where none was made', async () => {
  expect(await readKeyFile(file)).toBeUndefined();
});

test.each([0o644, 0o640, 0o604, 0o620, 0o601])(
  'a key that others have rights on is refused: %o',
  async (mode) => {
    await openKeyFile(file);
    chmodSync(file, mode);
    const { problems } = await mistakeOf(openKeyFile(file));
    expect(problems).toMatchObject([{ what: expect.stringContaining('others'), where: { file } }]);
    expect(problems[0]?.next).toContain('chmod 600');
  },
);

test('a key that was cut off is refused, kept as it is, and not shown', async () => {
  const text = (await openKeyFile(file)).reveal();
  for (const length of [0, 1, 30, 100, text.length - 30]) {
    const cut = text.slice(0, length);
    writeFileSync(file, cut);
    const mistake = await mistakeOf(openKeyFile(file));
    expect(mistake.problems).toMatchObject([{ what: expect.stringContaining('cut off'), where: { file } }]);
    const secret = text.split('\n')[1] ?? '';
    expect(inspect(mistake)).not.toContain(secret.slice(0, 20));
    expect(readFileSync(file, 'utf8')).toBe(cut);
  }
});

test('a key of another kind is refused', async () => {
  mkdirSync(dirname(file), { recursive: true });
  const others = [
    generateKeyPairSync('ed25519').privateKey,
    generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  ];
  for (const other of others) {
    writeFileSync(file, other.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    const { problems } = await mistakeOf(openKeyFile(file));
    expect(problems[0]?.what).toContain('none for ECDSA on P-256');
  }
});

test('a place where no key can be kept is the user’s to mend', async () => {
  writeFileSync(join(folder, 'deep'), 'no folder');
  expect((await mistakeOf(openKeyFile(file))).problems[0]?.next).toMatch(/PTP_SIGNING_KEY|user/);
});

test('a project’s key is below the user’s configuration', () => {
  expect(keyFileOf('hello', { XDG_CONFIG_HOME: '/x' })).toBe('/x/ptp/keys/hello.pem');
  const usual = join(homedir(), '.config/ptp/keys/hello.pem');
  // The specification has relative paths ignored.
  for (const XDG_CONFIG_HOME of [undefined, '', 'x'])
    expect(keyFileOf('hello', { XDG_CONFIG_HOME })).toBe(usual);
});

test('a signer does not show its key', async () => {
  const signer = keySigner(await openKeyFile(file), file);
  const secret = readFileSync(file, 'utf8').split('\n')[1] ?? '';
  expect(inspect(signer, { depth: 9, showHidden: true })).not.toContain(secret);
  expect(signer.publicKey).toMatch(/^-----BEGIN PUBLIC KEY-----/);
});
