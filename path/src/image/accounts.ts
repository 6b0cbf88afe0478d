import type { ImageFile, ImageFolder, ImageUser } from '../core/image-spec.ts';
import type { LayerEntry } from './layer.ts';
import { withFolders } from './source-tree.ts';

/** The account of applications that name none: the number that distroless images made usual for `nonroot`. */
export const nonroot: ImageUser = { uid: 65532, gid: 65532, name: 'nonroot', home: '/home/nonroot' };

/** What an image needs besides its programs: the user's account, its home, `/tmp`, and what else is given. */
export interface Furnishing {
  readonly user: ImageUser;
  readonly folders?: readonly ImageFolder[];
  readonly files?: readonly ImageFile[];
}

/**
 * Entries, sorted, for /etc/passwd, /etc/group, the user's home, /tmp (1777) and further folders and files; those
 * given replace these. `etc/nsswitch.conf` makes names resolve from /etc/hosts before DNS with glibc. Pure.
 */
export function furnishingEntries({ user, folders = [], files = [] }: Furnishing): readonly LayerEntry[] {
  const login = '/usr/sbin/nologin';
  const entries: LayerEntry[] = [
    text(
      'etc/passwd',
      0o644,
      `root:x:0:0:root:/root:${login}\n${user.name}:x:${user.uid}:${user.gid}::${user.home}:${login}\n`,
    ),
    text('etc/group', 0o644, `root:x:0:\n${user.name}:x:${user.gid}:\n`),
    text('etc/nsswitch.conf', 0o644, 'passwd: files\ngroup: files\nhosts: files dns\n'),
    folder('tmp', 0o1777, 0, 0),
  ];
  if (user.home !== '/') entries.push(folder(inRoot(user.home), 0o700, user.uid, user.gid));
  for (const { path, mode, uid, gid } of folders) entries.push(folder(inRoot(path), mode, uid, gid));
  for (const { path, mode, content } of files) entries.push(text(inRoot(path), mode, content));
  const last = new Map(entries.map((entry) => [entry.path, entry]));
  return withFolders([...last.values()]);
}

/** A path of an image as layers write it: without slashes at its ends. */
export function inRoot(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}

function folder(path: string, mode: number, uid: number, gid: number): LayerEntry {
  return { path, mode, uid, gid, kind: 'folder' };
}

function text(path: string, mode: number, content: string): LayerEntry {
  const bytes = Buffer.from(content);
  return { path, mode, uid: 0, gid: 0, kind: 'file', size: bytes.length, content: () => bytes };
}
