import { z } from 'zod';
import { StepFailed } from '../core/failure.ts';
import type { Descriptor, Digest, RegistryAccess, StoredBackup } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { isDigest } from '../oci/digest.ts';
import type { Ask } from './ask.ts';
import { createClient } from './client.ts';
import { blobBytes } from './download-blob.ts';
import { repositoryOf } from './repository.ts';
import { getManifest, type Repository } from './requests.ts';

const tagsSchema = z.object({ tags: z.array(z.string()).nullish() });
const descriptor = z.object({
  mediaType: z.string(),
  digest: z.string().refine(isDigest),
  size: z.int().nonnegative(),
});
const manifestSchema = z.object({
  artifactType: z.literal('application/vnd.ptp.postgres.backup.v1'),
  layers: z.array(descriptor),
  annotations: z.object({ 'org.opencontainers.image.created': z.iso.datetime() }),
});

/** What a backup's tag says. */
export interface BackupTag {
  /** `20261126t031700z`, `20261126t101500z-replaced` */
  readonly tag: string;
  /** The moment whose data it has. */
  readonly created: Date;
  /** Whether it is what a restoration has replaced, and not one of the schedule's. */
  readonly replaced: boolean;
}

/** Backups in a registry. Every function throws StepFailed or UserMistake where the registry does not give them. */
export interface BackupStore {
  /** All of them, the newest first. */
  list(): Promise<readonly BackupTag[]>;
  /** The one with a tag; undefined: the newest that is not what a restoration replaced. Undefined where there is none. */
  find(tag?: string): Promise<StoredBackup | undefined>;
  close(): Promise<void>;
}

/** Opens the repository with the backups of one service; close it at the end. */
export function openBackups(context: Context, registry: RegistryAccess, name: string): BackupStore {
  const client = createClient(context, registry);
  const repository = repositoryOf(registry, name);
  const list = async () => backupTags(await client.send(listTags(repository)));
  return {
    list,
    async find(wanted) {
      const all = await list();
      const found = all.find(({ tag, replaced }) => (wanted === undefined ? !replaced : tag === wanted));
      if (found === undefined) return undefined;
      const { tag } = found;
      const { bytes } = await client.send(getManifest(repository, tag));
      const read = manifestSchema.safeParse(JSON.parse(bytes.toString('utf8')));
      if (!read.success)
        throw new StepFailed({
          what: `${repository.reference}:${tag} is no backup`,
          next: 'Find out who has put it there; `ptp backup` makes one.',
        });
      const { layers, annotations } = read.data;
      const layer = (kind: string) => {
        const found = layers.find(
          ({ mediaType }) => mediaType === `application/vnd.ptp.postgres.${kind}.v1+age`,
        );
        if (found === undefined)
          throw new StepFailed({ what: `${repository.reference}:${tag} has no ${kind}` });
        return found as Descriptor & { readonly digest: Digest };
      };
      const [dump, tables] = [layer('dump'), layer('tables')];
      return {
        name: `${repository.reference}:${tag}`,
        created: new Date(annotations['org.opencontainers.image.created']),
        bytes: dump.size,
        dump: () => verified(blobBytes(client, repository, dump), dump),
        tables: () => verified(blobBytes(client, repository, tables), tables),
      };
    },
    close: () => client.close(),
  };
}

/** The tags that are moments, `20261126t031700z`, the newest first; others are none of ours. Pure. */
export function backupTags(tags: readonly string[]): readonly BackupTag[] {
  return tags
    .flatMap((tag) => {
      const [, date, time, replaced] = /^(\d{8})t(\d{6})z(-replaced)?$/.exec(tag) ?? [];
      if (date === undefined || time === undefined) return [];
      const pairs = (text: string) => text.match(/\d\d/g) ?? [];
      const day = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`;
      const created = new Date(`${day}T${pairs(time).join(':')}Z`);
      return Number.isNaN(created.getTime()) ? [] : [{ tag, created, replaced: replaced !== undefined }];
    })
    .toSorted((one, other) => (one.tag < other.tag ? 1 : -1));
}

/** The tags of a repository (distribution spec 1.1, "Listing Tags"); none where there is no such repository. */
function listTags(repository: Repository): Ask<readonly string[]> {
  return {
    reference: repository.reference,
    scopes: [`repository:${repository.name}:${repository.rights}`],
    method: 'GET',
    target: `/v2/${repository.name}/tags/list?n=1000`,
    purpose: 'list the backups',
    statuses: [200, 404],
    read: (reply) =>
      reply.status === 404 ? [] : (tagsSchema.parse(JSON.parse(reply.body.toString('utf8'))).tags ?? []),
  };
}

/** Bytes as they come; at their end it throws where they are others than their digest says. */
async function* verified(bytes: AsyncIterable<Buffer>, { digest }: Descriptor): AsyncGenerator<Uint8Array> {
  const { createHash } = await import('node:crypto');
  const hash = createHash('sha256');
  for await (const piece of bytes) {
    hash.update(piece);
    yield piece;
  }
  if (`sha256:${hash.digest('hex')}` !== digest)
    throw new StepFailed({
      what: `the registry gave other bytes than those of ${digest}`,
      next: 'Try again.',
    });
}
