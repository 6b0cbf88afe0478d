import { type Dirent, readFileSync } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Emit } from '../core/event.ts';
import { StepFailed, UserMistake } from '../core/failure.ts';
import type { Context } from '../effects/context.ts';
import { tellDamage } from '../oci/damage.ts';
import { digestOf } from '../oci/digest.ts';
import { identityOf } from '../oci/file-identity.ts';
import { readSealed, sealedEnding, writeSealed } from '../oci/sealed.ts';
import type { LayerEntry } from './layer.ts';
import { comparePaths, sortEntries } from './layer-order.ts';
import { checkSourceName, unreadable } from './source-names.ts';

/** A file or symbolic link of a source folder. */
export type SourceFile =
  | {
      readonly kind: 'file';
      /** Relative to the folder, with forward slashes. */
      readonly path: string;
      /** Where it is on this machine. */
      readonly from: string;
      readonly executable: boolean;
      readonly size: number;
      /** sha256 of its content in hexadecimal. */
      readonly sha256: string;
    }
  | { readonly kind: 'symlink'; readonly path: string; readonly from: string; readonly target: string };

/** Which paths of a folder to take; asked for a folder before it is entered (`path` then ends with a slash). */
export type Keep = (path: string) => boolean;

/** A file's stat and its content's sha256 at that time. */
type Remembered = readonly [stat: string, sha256: string];

// A file that changed this shortly before it was read may change again without its times telling (as in git's
// index): its digest is used, but not remembered.
const settled = 100;

/**
 * Lists a folder with the sha256 of every file, sorted by path. Contents are read only where size, times or inode
 * differ from what the context's cache remembers of the last time; without one, all are read. Throws UserMistake for a
 * link that leads out of the folder and for a name that an image can't have.
 */
export async function readSourceTree(
  folder: string,
  keep: Keep,
  context?: Pick<Context, 'cache' | 'emit'>,
): Promise<readonly SourceFile[]> {
  const file =
    context === undefined
      ? undefined
      : join(context.cache, 'stat', 'sources', digestOf(folder).slice(7) + sealedEnding);
  const remembered = new Map(file === undefined ? [] : await readMemory(file, context?.emit));
  const next = new Map(remembered);
  const limit = BigInt(Date.now() - settled) * 1_000_000n;

  async function visit(path: string): Promise<SourceFile[]> {
    const entries = await readdir(join(folder, path), { withFileTypes: true });
    const found = entries.map(async (entry): Promise<SourceFile[]> => {
      const inner = path + entry.name;
      if (!keep(entry.isDirectory() ? `${inner}/` : inner)) return [];
      checkSourceName(folder, inner);
      return (await take(entry, inner).catch((error) => unreadable(error, join(folder, inner)))) ?? [];
    });
    return (await Promise.all(found)).flat();
  }

  async function take(entry: Dirent, path: string): Promise<SourceFile[]> {
    if (entry.isDirectory()) return visit(`${path}/`);
    if (entry.isSymbolicLink()) return [await link(folder, path)];
    return entry.isFile() ? [await regular(path)] : [];
  }

  async function regular(path: string): Promise<SourceFile> {
    const from = join(folder, path);
    const now = await lstat(from, { bigint: true });
    const stat = identityOf(now);
    const known = remembered.get(path);
    // With the size that was read: the file may grow meanwhile.
    const [sha256, size] = known?.[0] === stat ? [known[1], Number(now.size)] : await contentOf(from);
    if (now.ctimeNs < limit) next.set(path, [stat, sha256]);
    else next.delete(path);
    const executable = (now.mode & 0o100n) !== 0n;
    return { kind: 'file', path, from, executable, size, sha256 };
  }

  const files = sortEntries(await visit(''));
  const present = new Set(files.map(({ path }) => path));
  // Another listing of the same folder may keep what this one does not: only what is gone is forgotten.
  for (const path of next.keys()) if (!present.has(path) && keep(path)) next.delete(path);
  if (file !== undefined && !equal(remembered, next)) await writeSealed(file, [...next]);
  return files;
}

async function contentOf(path: string): Promise<readonly [sha256: string, size: number]> {
  const bytes = await readFile(path);
  return [digestOf(bytes).slice(7), bytes.length];
}

async function readMemory(file: string, emit: Emit | undefined): Promise<readonly [string, Remembered][]> {
  const damaged = () => emit && tellDamage(emit, 'what is known of source files', file);
  return ((await readSealed(file, damaged)) ?? []) as readonly [string, Remembered][];
}

function equal(one: ReadonlyMap<string, Remembered>, other: ReadonlyMap<string, Remembered>): boolean {
  if (one.size !== other.size) return false;
  for (const [path, [stat]] of one) if (other.get(path)?.[0] !== stat) return false;
  return true;
}

async function link(folder: string, path: string): Promise<SourceFile> {
  const from = join(folder, path);
  const target = await readlink(from);
  const leadsTo = posix.normalize(posix.join(posix.dirname(path), target));
  if (posix.isAbsolute(target) || leadsTo === '..' || leadsTo.startsWith('../')) {
    throw new UserMistake({
      what: `this link leads out of the component's folder, to ${target}, which the image will not have`,
      where: { file: from },
      next: 'Replace it by the file itself, or name it in .ptpignore.',
    });
  }
  return { kind: 'symlink', path, from, target };
}

/** What decides a layer of these files: their paths, contents and executable bits. */
export function treeKey(files: readonly SourceFile[]): readonly unknown[] {
  return files.map((file) =>
    file.kind === 'file' ? [file.path, file.sha256, file.executable] : [file.path, '->', file.target],
  );
}

/**
 * Layer entries for files that go below `prefix`, with the folders above them. Every content is compared with its
 * sha256 when it is read, so that a layer never holds what its key does not say.
 */
export function treeEntries(prefix: string, files: readonly SourceFile[]): readonly LayerEntry[] {
  const entries = files.map((file): LayerEntry => {
    const path = posix.join(prefix, file.path);
    if (file.kind === 'symlink')
      return { path, mode: 0o777, uid: 0, gid: 0, kind: 'symlink', target: file.target };
    const content = () => readUnchanged(file.from, file.sha256);
    return {
      path,
      mode: file.executable ? 0o755 : 0o644,
      uid: 0,
      gid: 0,
      kind: 'file',
      size: file.size,
      content,
    };
  });
  return withFolders(entries);
}

/** A file's content. Throws StepFailed where it is no longer the one that was listed. */
export function readUnchanged(path: string, sha256: string): Uint8Array {
  const bytes = readFileSync(path);
  if (digestOf(bytes) === `sha256:${sha256}`) return bytes;
  throw new StepFailed({
    what: 'the file changed while the image was built',
    where: { file: path },
    next: 'Run it again when no program writes to the folder.',
  });
}

/** Entries with every folder above them that is not among them (mode 0755, owned by root), sorted. */
export function withFolders(entries: readonly LayerEntry[]): readonly LayerEntry[] {
  const all = new Map(entries.map((entry) => [entry.path, entry]));
  for (const { path } of entries) {
    for (let above = posix.dirname(path); above !== '.'; above = posix.dirname(above)) {
      if (!all.has(above)) all.set(above, { path: above, mode: 0o755, uid: 0, gid: 0, kind: 'folder' });
    }
  }
  return [...all.values()].sort((one, other) => comparePaths(one.path, other.path));
}
