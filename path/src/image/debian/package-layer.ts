import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageFile, ImageFolder, ImageUser } from '../../core/image-spec.ts';
import type { Context } from '../../effects/context.ts';
import { temporaryName } from '../../effects/temporary.ts';
import type { Store } from '../../oci/store.ts';
import { furnishingEntries, inRoot } from '../accounts.ts';
import type { Compression } from '../compression.ts';
import { type LayerEntry, writeLayer } from '../layer.ts';
import { entryPath, placed } from './archive-path.ts';
import { completed, groundOf, layOut, packageNotes, scriptsWork, type Tree, textEntry } from './content.ts';
import { isKept } from './kept.ts';
import type { LayerRecord } from './layer-record.ts';
import { findLoadable, type Loadable } from './loadable.ts';
import type { LockedPackage } from './lock.ts';
import type { Repository } from './repository.ts';
import { unpack } from './unpack.ts';

/** What making a layer needs besides its content. */
export interface LayerWork {
  readonly context: Context;
  readonly store: Store;
  /** A folder for what is needed only meanwhile. */
  readonly folder: string;
  readonly compression: Compression;
  /** What the layers below leave. */
  readonly below: Pick<LayerRecord, 'ground' | 'libraries'>;
}

const atOnce = 4;

/** Fetches packages, takes them apart and writes what an image has of them as one layer. */
export async function packageLayer(
  work: LayerWork,
  packages: readonly LockedPackage[],
  repository: Repository,
): Promise<LayerRecord> {
  const { context } = work;
  const scratch = join(work.folder, temporaryName('scratch'));
  try {
    await mkdir(scratch, { recursive: true });
    let done = 0;
    const unpacked = await pooled(packages, atOnce, async (one) => {
      const blob = await repository.package(one);
      const contents = await unpack(context, { name: one.name, path: blob.path }, scratch, isKept);
      done += 1;
      const text = `${one.name} ${one.version}`;
      const fraction = done / packages.length;
      context.emit({ kind: 'progress', step: 'image', task: 'Debian packages', text, fraction });
      return { name: one.name, unpacked: contents };
    });
    const tree = layOut(unpacked);
    const loadable = await findLoadable(tree, work.below.libraries);
    leaveOut(tree, loadable);
    tell(context, loadable);
    await scriptsWork(tree);
    const notes = packageNotes(unpacked, tree);
    return await written(work, [...tree.values(), ...notes], loadable.libraries);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Writes what an image has of its own: its user, folders and files. */
export async function ownLayer(
  work: LayerWork,
  own: {
    readonly user: ImageUser | undefined;
    readonly folders: readonly ImageFolder[];
    readonly files: readonly ImageFile[];
  },
): Promise<LayerRecord> {
  const at = <Kind extends { readonly path: string }>(one: Kind) => ({
    ...one,
    path: placed(entryPath(inRoot(one.path))),
  });
  const folders = own.folders.map(at);
  const files = own.files.map(at);
  const entries =
    own.user === undefined
      ? [
          ...folders.map(folderEntry),
          ...files.map(({ path, mode, content }) => textEntry({ path, mode, text: content })),
        ]
      : furnishingEntries({ user: own.user, folders, files });
  return written(work, entries, work.below.libraries);
}

function folderEntry({ path, mode, uid, gid }: ImageFolder): LayerEntry {
  return { path, mode, uid, gid, kind: 'folder' };
}

async function written(
  work: LayerWork,
  entries: readonly LayerEntry[],
  libraries: readonly string[],
): Promise<LayerRecord> {
  const { ground } = work.below;
  const all = completed(entries, ground);
  const { blob, diffId } = await writeLayer(work.store, all, { compression: work.compression });
  return { blob: blob.descriptor, diffId, ground: groundOf(all, ground), libraries };
}

function leaveOut(tree: Tree, { left, bitcode }: Loadable): void {
  for (const [path, entry] of tree) {
    if (left.has(path) || bitcode.has(path) || (entry.kind === 'hardlink' && left.has(entry.target)))
      tree.delete(path);
  }
}

function tell(context: Context, { left, broken }: Loadable): void {
  const list = (found: ReadonlyMap<string, string>) => {
    const some = [...found].slice(0, 4).map(([path, missing]) => `/${path} (needs ${missing})`);
    return `${some.join(', ')}${found.size > some.length ? ` and ${found.size - some.length} more` : ''}`;
  };
  const note = (text: string) => context.emit({ kind: 'note', step: 'image', text });
  if (left.size > 0) note(`left out, because no package has what they load: ${list(left)}`);
  if (broken.size > 0) note(`in the image, but unable to start there: ${list(broken)}`);
}

/** Does the same to all items, some at once, and returns the results in the items' order. The first failure is thrown. */
async function pooled<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results = new Map<number, Result>();
  const waiting = items.entries();
  let failed = false;
  const worker = async () => {
    for (const [index, item] of waiting) {
      if (failed) return;
      try {
        results.set(index, await work(item));
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: width }, worker));
  // all have stopped by now: nothing writes into a folder that is about to be removed
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
}
