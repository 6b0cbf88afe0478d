import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { chmod, link, mkdir, open, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { UserMistake } from '../../core/failure.ts';
import { Secret } from '../../core/secret.ts';
import { temporaryName } from '../../oci/temporary.ts';

/** A program's environment, of which a few variables are read. */
export type Environment = Readonly<Record<string, string | undefined>>;

const mostBytes = 64 * 1024;

/**
 * Where a project's own key is: below the user's configuration (XDG base directory specification 0.8). No state of a
 * cluster: it outlives all of them, and all targets share it.
 */
export function keyFileOf(project: string, environment: Environment): string {
  const configured = environment.XDG_CONFIG_HOME ?? '';
  const folder = isAbsolute(configured) ? configured : join(homedir(), '.config');
  return join(folder, 'ptp', 'keys', `${project}.pem`);
}

/**
 * The private key (PKCS #8, PEM; ECDSA on P-256) in a file, which is made with a new key where it is missing. Of two
 * processes that make it at once both get the same. Throws UserMistake for a file that others may read, or that holds
 * no such key.
 */
export async function openKeyFile(file: string): Promise<Secret> {
  const there = await readKeyFile(file);
  if (there !== undefined) return there;
  await makeKeyFile(file);
  const made = await readKeyFile(file);
  if (made === undefined) throw new Error(`${file} was made and is not there`);
  return made;
}

/** The key in a file; undefined where there is no file. Throws as `openKeyFile` does. */
export async function readKeyFile(file: string): Promise<Secret | undefined> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw mistake(
      file,
      `it can't be read: ${error.code ?? error.message}`,
      'Give it to the user who runs ptp.',
    );
  });
  if (handle === undefined) return undefined;
  try {
    const { mode, uid, size } = await handle.stat();
    if ((mode & 0o077) !== 0)
      throw mistake(
        file,
        `others than its owner may read or write this key (mode ${(mode & 0o777).toString(8).padStart(4, '0')})`,
        `Run \`chmod 600 ${file}\`; if others could read it, make a new key by moving it away.`,
      );
    const self = process.getuid?.();
    if (self !== undefined && uid !== self)
      throw mistake(file, 'this key belongs to another user', 'Give it to the user who runs ptp.');
    if (size > mostBytes) throw noKey(file);
    const text = await handle.readFile('utf8');
    privateKey(text, file);
    return new Secret(text);
  } finally {
    await handle.close();
  }
}

/** The key object of a key file's text. Throws UserMistake where it is none. */
export function privateKey(text: string, file: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(text);
  } catch {
    // The parser's own words might hold parts of the key.
    throw noKey(file);
  }
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw mistake(file, 'it holds a key, but none for ECDSA on P-256', 'Name a file with such a key.');
  return key;
}

async function makeKeyFile(file: string): Promise<void> {
  const pair = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const text = pair.privateKey.export({ type: 'pkcs8', format: 'pem' });
  const beside = temporaryName(file);
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(beside, text, { mode: 0o600, flag: 'wx' });
    await chmod(beside, 0o600); // a umask may only take rights, and a wrong one must not leave the file unreadable
    // A link is made whole or not at all, and never over another process's key.
    await link(beside, file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    throw mistake(
      file,
      `the key that images are signed with can't be kept here: ${code ?? message}`,
      'Make the folder writable, or name another file with PTP_SIGNING_KEY.',
    );
  } finally {
    await rm(beside, { force: true });
  }
}

function noKey(file: string): UserMistake {
  return mistake(
    file,
    'it holds no private key in PEM that can be read without a password: it may be cut off',
    'Put the key back from where it is kept, or move the file away: a new key is made, and what the old one signed has to be signed again.',
  );
}

function mistake(file: string, what: string, next: string): UserMistake {
  return new UserMistake({ what, where: { file }, next });
}
