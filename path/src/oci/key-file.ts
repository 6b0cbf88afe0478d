import { chmod, link, mkdir, open, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { UserMistake } from '../core/failure.ts';
import { Secret } from '../core/secret.ts';
import { temporaryName } from '../effects/temporary.ts';

/** A program's environment, of which a few variables are read. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A key that is kept in a file of its own, for its owner alone. */
export interface KeyFile {
  /** The file's path. */
  readonly file: string;
  /** What it is, for messages: `the key that images are signed with`. */
  readonly what: string;
  /** The variable that names another file, for messages. */
  readonly variable: string;
  /** The key in a file's text. Throws UserMistake where it is none. */
  parse(text: string): string;
  /** The text of a file with a new key. */
  make(): Promise<string>;
}

const mostBytes = 64 * 1024;

/**
 * The folder with the keys of this user's projects: below the user's configuration (XDG base directory specification
 * 0.8). No state of a cluster: it outlives all of them, and all targets share it.
 */
export function keyFolder(environment: Environment): string {
  const configured = environment.XDG_CONFIG_HOME ?? '';
  const folder = isAbsolute(configured) ? configured : join(homedir(), '.config');
  return join(folder, 'ptp', 'keys');
}

/**
 * The key in a file, which is made with a new one where it is missing. Of two processes that make it at once both get
 * the same. Throws UserMistake for a file that others may read, or that holds no such key.
 */
export async function openKey(key: KeyFile): Promise<Secret> {
  const there = await readKey(key);
  if (there !== undefined) return there;
  await make(key);
  const made = await readKey(key);
  if (made === undefined) throw new Error(`${key.file} was made and is not there`);
  return made;
}

/** The key in a file; undefined where there is no file. Throws as `openKey` does. */
export async function readKey({ file, parse }: Pick<KeyFile, 'file' | 'parse'>): Promise<Secret | undefined> {
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
    // A longer one holds no key: what is not read cannot be one.
    return new Secret(parse(size > mostBytes ? '' : await handle.readFile('utf8')));
  } finally {
    await handle.close();
  }
}

async function make({ file, what, variable, make: makeText }: KeyFile): Promise<void> {
  const text = await makeText();
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
      `${what} can't be kept here: ${code ?? message}`,
      `Make the folder writable, or name another file with ${variable}.`,
    );
  } finally {
    await rm(beside, { force: true });
  }
}

function mistake(file: string, what: string, next: string): UserMistake {
  return new UserMistake({ what, where: { file }, next });
}
