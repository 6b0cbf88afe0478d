import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../effects/context.ts';
import { writeAtomically } from '../../effects/write-atomically.ts';
import type { Layout } from './layout.ts';

/** Blobs by the hexadecimal part of their digest → what their files were like when they were last looked at. */
type Seen = Readonly<Record<string, string>>;

/**
 * Looks at what the cluster's registry has on its disk, as its program never does: a blob that is gone, cut off or
 * altered would be told of only by the node that wants to pull it. Takes away what is damaged and the images that need
 * it, so that the next publishing finds them missing and sends them.
 *
 * A blob is hashed when it is seen for the first time or its file is another than before.
 */
export async function mendRegistry(context: Pick<Context, 'emit'>, layout: Layout): Promise<void> {
  const store = join(layout.registry, 'docker/registry/v2');
  const notes = join(layout.root, 'registry.json');
  const before = await readSeen(notes);
  const seen = await lookAtBlobs(join(store, 'blobs/sha256'), before);
  const damaged: string[] = [];
  for (const repository of await repositoriesBelow(join(store, 'repositories')))
    for (const image of await entries(join(repository, revisions)))
      if (!(await isWhole(store, image))) {
        await forget(repository, image);
        damaged.push(
          `${repository.slice(join(store, 'repositories').length + 1)}@sha256:${image.slice(0, 12)}`,
        );
      }
  if (JSON.stringify(seen) !== JSON.stringify(before))
    await writeAtomically(notes, JSON.stringify(seen), 0o600);
  if (damaged.length === 0) return;
  context.emit({
    kind: 'warning',
    step: 'cluster',
    problem: {
      what: `in the cluster's registry ${damaged.length} images were damaged: what of them is in use is sent again`,
      where: { file: layout.registry },
      next: 'Nothing to do. If this comes back, check the disk.',
      details: damaged.slice(0, 5),
    },
  });
}

const revisions = '_manifests/revisions/sha256';
const tags = '_manifests/tags';

async function readSeen(file: string): Promise<Seen> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Seen;
  } catch {
    return {}; // a new cluster, or a record that was cut off
  }
}

/** The blobs that are there and what their digests say; others are removed. */
async function lookAtBlobs(folder: string, before: Seen): Promise<Seen> {
  const seen: Record<string, string> = {};
  for (const start of await entries(folder)) {
    for (const name of await entries(join(folder, start))) {
      const path = join(folder, start, name, 'data');
      const now = await identity(path);
      if (now === undefined) continue;
      if (before[name] !== now && (await sha256(path)) !== name)
        await rm(join(folder, start, name), { recursive: true, force: true });
      else seen[name] = now;
    }
  }
  return Object.fromEntries(Object.entries(seen).sort(([one], [other]) => (one < other ? -1 : 1)));
}

interface Manifest {
  readonly config?: Part;
  readonly layers?: readonly Part[];
}

interface Part {
  readonly digest: string;
  readonly size: number;
}

/** Whether all of an image is there. A part that was cut off is removed: the registry would take it for the whole. */
async function isWhole(store: string, image: string): Promise<boolean> {
  const parts = partsOf(await readFile(join(blobFolder(store, image), 'data'), 'utf8').catch(() => ''));
  if (parts === undefined) return false;
  const whole = await Promise.all(
    parts.map(async ({ digest, size }) => {
      const folder = blobFolder(store, hexOf(digest));
      const found = await stat(join(folder, 'data')).catch(() => undefined);
      if (found !== undefined && found.size !== size) await rm(folder, { recursive: true, force: true });
      return found?.size === size;
    }),
  );
  return whole.every(Boolean);
}

function partsOf(text: string): readonly Part[] | undefined {
  try {
    const { config, layers = [] } = JSON.parse(text) as Manifest;
    return [...(config === undefined ? [] : [config]), ...layers];
  } catch {
    return undefined;
  }
}

function blobFolder(store: string, hex: string): string {
  return join(store, 'blobs/sha256', hex.slice(0, 2), hex);
}

function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}

/** As if the image had never been sent to the repository; the layers of it that are whole need not be sent again. */
async function forget(repository: string, image: string): Promise<void> {
  for (const tag of await entries(join(repository, tags))) {
    const current = await readFile(join(repository, tags, tag, 'current/link'), 'utf8').catch(() => '');
    if (current === `sha256:${image}`)
      await rm(join(repository, tags, tag), { recursive: true, force: true });
  }
  await rm(join(repository, revisions, image), { recursive: true, force: true });
}

async function repositoriesBelow(folder: string): Promise<readonly string[]> {
  const names = await entries(folder);
  if (names.includes('_manifests')) return [folder];
  const below = await Promise.all(
    names.filter((name) => !name.startsWith('_')).map((name) => repositoriesBelow(join(folder, name))),
  );
  return below.flat();
}

/** What changes when somebody writes to a file. */
async function identity(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found === undefined ? undefined : [found.size, found.ino, found.mtimeNs, found.ctimeNs].join(' ');
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

async function entries(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
