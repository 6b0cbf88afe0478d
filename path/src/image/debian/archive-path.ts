import { posix } from 'node:path';

// NAME_MAX of Linux
const longestPart = 255;

/**
 * The path of an archive's entry without `./` and without a slash at its end; empty for the root itself.
 * Throws a SyntaxError for one that would leave the root, or that no layer can hold.
 */
export function entryPath(name: string): string {
  if (name.startsWith('/') || /[\0\n]/u.test(name))
    throw new SyntaxError(`${JSON.stringify(name)} is no path in a package`);
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new SyntaxError(`${name} leaves the package`);
  const odd = parts.find((part) => part.startsWith('.wh.') || Buffer.byteLength(part) > longestPart);
  if (odd?.startsWith('.wh.'))
    throw new SyntaxError(`${name} would delete a file of a lower layer (whiteout)`);
  if (odd !== undefined) throw new SyntaxError(`${name} has a part that is too long for a name`);
  return parts.join('/');
}

/**
 * Checks a symbolic link's target and returns it. An absolute one is looked up below the image's root when it runs, so
 * it is as good as a relative one. Throws a SyntaxError for one that climbs above the root.
 */
export function linkTarget(path: string, target: string): string {
  const from = target.startsWith('/') ? '' : posix.dirname(path);
  const resolved = posix.normalize(posix.join(from, target.replace(/^\/+/u, '') || '.'));
  if (target === '' || target.includes('\0') || resolved === '..' || resolved.startsWith('../')) {
    throw new SyntaxError(`${path} is a link to ${JSON.stringify(target)}, which leaves the package`);
  }
  return target;
}

/** Folders at the root that are links into /usr since Debian 12 (usrmerge). */
export const mergedFolders = ['bin', 'lib', 'lib64', 'sbin'] as const;

/** Where a path is in an image: below /usr for what was merged into it, below /run for /var/run. */
export function placed(path: string): string {
  const slash = path.indexOf('/');
  const first = slash === -1 ? path : path.slice(0, slash);
  if (slash !== -1 && mergedFolders.some((folder) => folder === first)) return `usr/${path}`;
  if (path.startsWith('var/run/')) return path.slice('var/'.length);
  if (path.startsWith('var/lock/')) return `run/${path.slice('var/'.length)}`;
  return path;
}

/** The folders above a path, the outermost first. */
export function foldersAbove(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
