import { join } from 'node:path';
import { UserMistake } from '../core/failure.ts';
import type { Secret } from '../core/secret.ts';
import { type Environment, type KeyFile, keyFolder, openKey, readKey } from '../oci/key-file.ts';

/**
 * Where the key is that a project's backups are read with: below the user's configuration, or where PTP_BACKUP_KEY says.
 * No cluster and no registry ever has it.
 */
export function backupKeyFile(project: string, environment: Environment): string {
  const named = environment.PTP_BACKUP_KEY ?? '';
  return named === '' ? join(keyFolder(environment), `${project}-backup.age`) : named;
}

/**
 * The identity (age v1, "The X25519 recipient type") in a file: `AGE-SECRET-KEY-1…` on a line of its own. Undefined where
 * there is no file. Throws UserMistake for a file that others may read, or that holds none.
 */
export function readBackupKey(file: string): Promise<Secret | undefined> {
  return readKey(backupKey(file));
}

/** As `readBackupKey`; a new key is made where there is no file. Of two processes that make it at once both get the same. */
export function openBackupKey(file: string): Promise<Secret> {
  return openKey(backupKey(file));
}

/** Whom backups are encrypted for, so that an identity can read them: `age1…`. */
export async function recipientOf(identity: Secret): Promise<string> {
  const { identityToRecipient } = await import('age-encryption');
  return identityToRecipient(identity.reveal());
}

function backupKey(file: string): KeyFile {
  return {
    file,
    what: 'the key that backups are read with',
    variable: 'PTP_BACKUP_KEY',
    parse(text) {
      const line = text.split('\n').find((one) => one.startsWith('AGE-SECRET-KEY-1'));
      if (line !== undefined) return line.trim();
      throw new UserMistake({
        what: 'it holds no age identity',
        where: { file },
        next: 'Put the key back from where it is kept.',
      });
    },
    async make() {
      const { generateX25519Identity } = await import('age-encryption');
      return `# The backups of this project are read with this key: keep it where no cluster is.\n${await generateX25519Identity()}\n`;
    },
  };
}
