import { ReadableStream } from 'node:stream/web';
import { UserMistake } from './core/failure.ts';
import type { Cluster, StoredBackup } from './core/handover.ts';
import type { Secret } from './core/secret.ts';
import type { Context } from './effects/context.ts';
import type { ReadableBackup } from './maintain/drill.ts';
import type { Project } from './project/project.ts';
import { type BackupStore, openBackups } from './registry/stored-backups.ts';
import { backupKeyFile, readBackupKey } from './services/backup-key.ts';
import { backupName } from './services/postgres/backup/plan.ts';

interface Place {
  readonly cluster: Cluster;
  readonly project: Project;
}

/** The backups of a service, decrypted on this machine as they are read: the key never goes to the cluster. */
export interface ReadableBackups extends Pick<BackupStore, 'list' | 'close'> {
  /** As `BackupStore.find`. */
  find(tag?: string): Promise<ReadableBackup | undefined>;
  /** The key that they are read with. */
  readonly identity: Secret;
}

/**
 * Opens the backups of a service; close it at the end.
 * @throws UserMistake where this machine does not have the key
 */
export async function openReadable(
  context: Context,
  { cluster, project }: Place,
  service: string,
): Promise<ReadableBackups> {
  const file = backupKeyFile(project.name, process.env);
  const identity = await readBackupKey(file);
  if (identity === undefined)
    throw new UserMistake({
      what: 'this machine does not have the key that backups are read with',
      where: { file },
      next: 'Put it there, or name its file with PTP_BACKUP_KEY.',
    });
  const store = listedBackups(context, { cluster }, service);
  return {
    identity,
    list: () => store.list(),
    async find(tag) {
      const found = await store.find(tag);
      return found === undefined ? undefined : readable(found, identity, file);
    },
    close: () => store.close(),
  };
}

/** The backups of a service as they are kept, encrypted; close it at the end. */
export function listedBackups(
  context: Context,
  { cluster }: Pick<Place, 'cluster'>,
  service: string,
): BackupStore {
  return openBackups(context, cluster.registry, backupName({ name: service }));
}

/**
 * The newest backup of a service that its schedule or `ptp backup` has made.
 * @returns undefined where there is none
 * @throws UserMistake where this machine does not have the key
 */
export async function newestBackup(
  context: Context,
  place: Place,
  service: string,
): Promise<ReadableBackup | undefined> {
  const store = await openReadable(context, place, service);
  let found: ReadableBackup | undefined;
  try {
    found = await store.find();
  } finally {
    if (found === undefined) await store.close();
  }
  if (found === undefined) return undefined;
  const { dump } = found;
  return {
    ...found,
    async *dump() {
      try {
        yield* dump();
      } finally {
        await store.close();
      }
    },
  };
}

async function readable(found: StoredBackup, identity: Secret, file: string): Promise<ReadableBackup> {
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
    dump: () => open(found.dump()),
    async tables() {
      const pieces: Uint8Array[] = [];
      for await (const piece of open(found.tables())) pieces.push(piece);
      return Buffer.concat(pieces).toString('utf8');
    },
  };
}
