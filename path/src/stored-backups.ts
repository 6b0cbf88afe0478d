import { ReadableStream } from 'node:stream/web';
import { UserMistake } from './core/failure.ts';
import type { Cluster } from './core/handover.ts';
import type { Context } from './effects/context.ts';
import type { ReadableBackup } from './maintain/drill.ts';
import type { Project } from './project/project.ts';
import { openBackups } from './registry/stored-backups.ts';
import { backupKeyFile, readBackupKey } from './services/backup-key.ts';
import { backupName } from './services/postgres/backup/plan.ts';

/**
 * The newest backup of a service, decrypted on this machine as it is read: the key never goes to the cluster.
 * @returns undefined where there is none
 * @throws UserMistake where this machine does not have the key
 */
export async function newestBackup(
  context: Context,
  { cluster, project }: { readonly cluster: Cluster; readonly project: Project },
  service: string,
): Promise<ReadableBackup | undefined> {
  const file = backupKeyFile(project.name, process.env);
  const identity = await readBackupKey(file);
  if (identity === undefined)
    throw new UserMistake({
      what: 'this machine does not have the key that backups are read with',
      where: { file },
      next: 'Put it there, or name its file with PTP_BACKUP_KEY.',
    });
  const store = openBackups(context, cluster.registry, backupName({ name: service }));
  const found = await store.newest().catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  if (found === undefined) {
    await store.close();
    return undefined;
  }
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity.reveal());
  const open = async function* (encrypted: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const plain = await decrypter.decrypt(ReadableStream.from(encrypted) as never).catch((error: unknown) => {
      throw new UserMistake({
        what: `this key does not read the backup: ${(error as Error).message}`,
        where: { file },
        next: 'Use the key that was there when backups were set up.',
      });
    });
    yield* plain as unknown as AsyncIterable<Uint8Array>;
  };
  const { name, created, bytes } = found;
  return {
    name,
    created,
    bytes,
    async *dump() {
      try {
        yield* open(found.dump());
      } finally {
        await store.close();
      }
    },
    async tables() {
      const pieces: Uint8Array[] = [];
      for await (const piece of open(found.tables())) pieces.push(piece);
      return Buffer.concat(pieces).toString('utf8');
    },
  };
}
