import { StepFailed } from '../../core/failure.ts';
import type { LayerEntry } from '../layer.ts';
import { sortEntries } from '../layer-order.ts';
import { foldersAbove, mergedFolders, placed } from './archive-path.ts';
import { nameLookup, type SystemFile, statusText } from './system-files.ts';
import type { PackageEntry, PackageFile, UnpackedPackage } from './unpack.ts';

/** A package's name with what is in it. */
export interface NamedPackage {
  readonly name: string;
  readonly unpacked: UnpackedPackage;
}

/** The entries of packages at their places in an image, by path. */
export type Tree = Map<string, PackageEntry>;

/**
 * Lays packages over one another as dpkg would: folders are shared, /bin, /lib and so on are below /usr, no file
 * may raise its user's rights. Throws StepFailed where two packages bring the same file.
 */
export function layOut(packages: readonly NamedPackage[]): Tree {
  const tree: Tree = new Map();
  const owners = new Map<string, string>();
  for (const { name, unpacked } of packages) {
    for (const entry of linksFirstFile(unpacked.entries)) {
      if (entry.kind === 'folder' && mergedFolders.some((folder) => folder === entry.path)) continue;
      const there = tree.get(entry.path);
      if (there === undefined) {
        tree.set(entry.path, entry);
        owners.set(entry.path, name);
      } else if (!isSame(there, entry)) {
        throw new StepFailed({
          what: `${name} and ${owners.get(entry.path) ?? ''} both bring /${entry.path}`,
          next: 'Leave one of the two packages out.',
        });
      }
    }
  }
  return tree;
}

/** Entries at their places; of files that are linked together, the first by path is the file. */
function linksFirstFile(entries: readonly PackageEntry[]): readonly PackageEntry[] {
  const files = new Map<string, PackageFile>();
  const groups = new Map<string, string[]>();
  const others: PackageEntry[] = [];
  for (const entry of entries) {
    const path = placed(entry.path);
    if (entry.kind === 'file') {
      // set-user-ID and set-group-ID have no place in an image whose process may not gain rights
      files.set(path, { ...entry, path, mode: entry.mode & 0o777 });
    } else if (entry.kind === 'hardlink') {
      const target = placed(entry.target);
      groups.set(target, [...(groups.get(target) ?? []), path]);
    } else {
      others.push({ ...entry, path, mode: entry.kind === 'symlink' ? 0o777 : entry.mode & 0o1777 });
    }
  }
  for (const [target, links] of groups) {
    const file = files.get(target);
    if (file === undefined)
      throw new StepFailed({
        what: `/${links[0] ?? ''} is a link to /${target}, which is not in its package`,
      });
    const [first = target, ...rest] = [target, ...links].sort();
    files.delete(target);
    files.set(first, { ...file, path: first });
    const { mode, uid, gid } = file;
    for (const path of rest) others.push({ path, mode, uid, gid, kind: 'hardlink', target: first });
  }
  return [...others, ...files.values()];
}

function isSame(one: PackageEntry, other: PackageEntry): boolean {
  if (one.kind === 'folder') return other.kind === 'folder';
  return one.kind === 'symlink' && other.kind === 'symlink' && one.target === other.target;
}

/** What scanners read: each package's control file and the checksums of those of its files that the image has. */
export function packageNotes(
  packages: readonly NamedPackage[],
  tree: ReadonlyMap<string, unknown>,
): readonly LayerEntry[] {
  return packages.flatMap(({ name, unpacked }) => {
    const sums = unpacked.checksums
      .split('\n')
      .map((line) => line.split(/\s+/u, 2))
      .filter(([, path]) => path !== undefined && tree.has(placed(path)))
      .map(([sum = '', path = '']) => `${sum}  ${placed(path)}\n`);
    const folder = 'var/lib/dpkg/status.d';
    return [
      textEntry({ path: `${folder}/${name}`, mode: 0o644, text: statusText(unpacked.control) }),
      textEntry({ path: `${folder}/${name}.md5sums`, mode: 0o644, text: sums.join('') }),
    ];
  });
}

const largestCertificate = 64 << 10;

/** What the maintainer scripts of the packages would have made, of which an image needs so much. */
export async function scriptsWork(tree: Tree): Promise<void> {
  const link = (path: string, target: string) =>
    tree.set(path, { path, mode: 0o777, uid: 0, gid: 0, kind: 'symlink', target });
  for (const folder of mergedFolders) {
    const needed = [...tree.keys()].some((path) => path.startsWith(`usr/${folder}/`));
    if (needed && !tree.has(folder)) link(folder, `usr/${folder}`);
  }
  if (tree.has('usr/lib/os-release')) {
    // this is base-files
    link('var/run', '/run');
    link('var/lock', '/run/lock');
    tree.set('run/lock', { path: 'run/lock', mode: 0o1777, uid: 0, gid: 0, kind: 'folder' });
    tree.set(nameLookup.path, textFile(nameLookup));
  }
  const authorities = [...tree.values()]
    .filter((entry) => entry.kind === 'file')
    .filter(
      ({ path, size }) => /^usr\/share\/ca-certificates\/.+\.crt$/u.test(path) && size <= largestCertificate,
    )
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  if (authorities.length > 0) {
    const texts: string[] = [];
    for (const file of authorities) {
      texts.push(
        Buffer.from(await file.at(0, file.size))
          .toString('latin1')
          .trim(),
      );
      tree.delete(file.path); // the bundle has them all
    }
    const path = 'etc/ssl/certs/ca-certificates.crt';
    tree.set(path, textFile({ path, mode: 0o644, text: `${texts.join('\n')}\n` }));
    // where OpenSSL looks by itself; the package openssl, which has this link, is only for the scripts
    if (!tree.has('usr/lib/ssl/cert.pem')) link('usr/lib/ssl/cert.pem', '/etc/ssl/certs/ca-certificates.crt');
  }
}

/** Rights of folders and places of links, as a layer leaves them to those above it. */
export interface Ground {
  readonly folders: Readonly<Record<string, readonly [mode: number, uid: number, gid: number]>>;
  readonly links: readonly string[];
}

/**
 * Sorts a layer's entries and adds the folders above them that are missing, with the rights they have below.
 * Throws StepFailed where an entry would be behind a link or a file.
 */
export function completed(entries: Iterable<LayerEntry>, below: Ground): LayerEntry[] {
  const all = new Map<string, LayerEntry>();
  for (const entry of entries) all.set(entry.path, entry);
  const links = new Set(below.links);
  for (const path of [...all.keys()]) {
    for (const folder of foldersAbove(path)) {
      const there = all.get(folder);
      if ((there !== undefined && there.kind !== 'folder') || (there === undefined && links.has(folder))) {
        throw new StepFailed({
          what: `/${path} can't be put behind /${folder}, which is no folder in the image`,
        });
      }
      if (there !== undefined) continue;
      // A folder may be called as what every object has: `__proto__`.
      const known = Object.hasOwn(below.folders, folder) ? below.folders[folder] : undefined;
      const [mode, uid, gid] = known ?? [0o755, 0, 0];
      all.set(folder, { path: folder, mode, uid, gid, kind: 'folder' });
    }
  }
  return sortEntries(all.values());
}

/** What a layer leaves to those above it, together with what it found below. */
export function groundOf(entries: readonly LayerEntry[], below: Ground): Ground {
  const folders = new Map(Object.entries(below.folders));
  const links = new Set(below.links);
  for (const { path, kind, mode, uid, gid } of entries) {
    if (kind === 'folder') folders.set(path, [mode, uid, gid]);
    if (kind === 'symlink') links.add(path);
    else links.delete(path);
  }
  return { folders: Object.fromEntries(folders), links: [...links] };
}

/** A text as a file that root owns. */
export function textEntry(file: SystemFile): LayerEntry {
  return textFile(file);
}

function textFile({ path, mode, text }: SystemFile): PackageFile {
  const bytes = Buffer.from(text);
  return {
    path,
    mode,
    uid: 0,
    gid: 0,
    kind: 'file',
    size: bytes.byteLength,
    content: () => bytes,
    at: async (offset, length) => bytes.subarray(offset, offset + length),
  };
}
