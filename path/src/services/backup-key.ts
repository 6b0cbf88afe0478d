import { chmod, link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { UserMistake } from '../core/failure.ts';
import { Secret } from '../core/secret.ts';
import { temporaryName } from '../oci/temporary.ts';

/** A program's environment, of which a few variables are read. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where the key is that a project's backups are read with: below the user's configuration, or where PTP_BACKUP_KEY says.
 * No cluster and no registry ever has it.
 */
export function backupKeyFile(project: string, environment: Environment): string {
  const named = environment.PTP_BACKUP_KEY ?? '';
  if (named !== '') return named;
  const configured = environment.XDG_CONFIG_HOME ?? '';
  const folder = isAbsolute(configured) ? configured : join(homedir(), '.config');
  return join(folder, 'ptp', 'keys', `${project}-backup.age`);
}

/**
 * The identity (age v1, "The X25519 recipient type") in a file: `AGE-SECRET-KEY-1…` on a line of its own. Undefined where
 * there is no file. Throws UserMistake for a file that others may read, or that holds none.
 */
export async function readBackupKey(file: string): Promise<Secret | undefined> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw mistake(
      file,
      `it can't be read: ${error.code ?? error.message}`,
      'Give it to the user who runs ptp.',
    );
  });
  if (found === undefined) return undefined;
  if ((found.mode & 0o077) !== 0)
    throw mistake(file, 'others than its owner may read or write this key', `Run \`chmod 600 ${file}\`.`);
  const line = (await readFile(file, 'utf8')).split('\n').find((one) => one.startsWith('AGE-SECRET-KEY-1'));
  if (line !== undefined) return new Secret(line.trim());
  throw mistake(file, 'it holds no age identity', 'Put the key back from where it is kept.');
}

/** As `readBackupKey`; a new key is made where there is no file. Of two processes that make it at once both get the same. */
export async function openBackupKey(file: string): Promise<Secret> {
  const there = await readBackupKey(file);
  if (there !== undefined) return there;
  const { generateX25519Identity } = await import('age-encryption');
  const text = `# The backups of this project are read with this key: keep it where no cluster is.\n${await generateX25519Identity()}\n`;
  const beside = temporaryName(file);
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(beside, text, { mode: 0o600, flag: 'wx' });
    await chmod(beside, 0o600);
    await link(beside, file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST')
      throw mistake(
        file,
        `the key that backups are read with can't be kept here: ${code ?? message}`,
        'Make the folder writable, or name another file with PTP_BACKUP_KEY.',
      );
  } finally {
    await rm(beside, { force: true });
  }
  const made = await readBackupKey(file);
  if (made === undefined) throw new Error(`${file} was made and is not there`);
  return made;
}

/** Whom backups are encrypted for, so that an identity can read them: `age1…`. */
export async function recipientOf(identity: Secret): Promise<string> {
  const { identityToRecipient } = await import('age-encryption');
  return identityToRecipient(identity.reveal());
}

function mistake(file: string, what: string, next: string): UserMistake {
  return new UserMistake({ what, where: { file }, next });
}
