import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Decrypter, Encrypter } from 'age-encryption';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UserMistake } from '../core/failure.ts';
import { backupKeyFile, openBackupKey, readBackupKey, recipientOf } from './backup-key.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ptp-backup-key-'));
  file = join(folder, 'keys/hello-backup.age');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a key is made on first use, for its owner only, and is the same for all who make it at once', async () => {
  const keys = await Promise.all(Array.from({ length: 8 }, () => openBackupKey(file)));
  expect(new Set(keys.map((key) => key.reveal())).size).toBe(1);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(inspect(keys)).not.toContain('AGE-SECRET');
  expect(readFileSync(file, 'utf8')).toContain(keys[0]?.reveal());
});

test('what is encrypted for its recipient is read with it', async () => {
  const key = await openBackupKey(file);
  const encrypter = new Encrypter();
  encrypter.addRecipient(await recipientOf(key));
  const decrypter = new Decrypter();
  decrypter.addIdentity(key.reveal());
  expect(await decrypter.decrypt(await encrypter.encrypt('rows'), 'text')).toBe('rows');
});

test('a key that others may read, and a file that holds none, are refused; none is there where none was made', async () => {
  expect(await readBackupKey(file)).toBeUndefined();
  await openBackupKey(file);
  chmodSync(file, 0o640);
  await expect(readBackupKey(file)).rejects.toThrow(UserMistake);
  writeFileSync(file, '# nothing\n');
  chmodSync(file, 0o600);
  await expect(readBackupKey(file)).rejects.toThrow('no age identity');
});

test('it is below the user’s configuration, or where the environment says', () => {
  expect(backupKeyFile('hello', { PTP_BACKUP_KEY: '/k' })).toBe('/k');
  expect(backupKeyFile('hello', { XDG_CONFIG_HOME: '/x' })).toBe('/x/ptp/keys/hello-backup.age');
  expect(backupKeyFile('hello', {})).toBe(join(homedir(), '.config/ptp/keys/hello-backup.age'));
});
