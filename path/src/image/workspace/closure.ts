import { posix } from 'node:path';
import { UserMistake } from '../../core/failure.ts';
import { oneLine } from '../../core/one-line.ts';
import type { LockedPackage, Lockfile } from './lockfile.ts';
import { isPackageName } from './package-name.ts';

/** What some packages need, found through the lockfile as Node.js would find it on disk. */
export interface Closure {
  /** Packages from a registry, by their path in the lockfile: `node_modules/pg`. */
  readonly packages: ReadonlyMap<string, LockedPackage>;
  /** Workspaces, the starting ones among them, by their path: `system/backend`. */
  readonly locals: ReadonlyMap<string, LockedPackage>;
  /** For each package and workspace: dependency name → path of what it resolves to. */
  readonly edges: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/**
 * Everything that `start` (workspace paths; `''` is the lockfile's own folder) needs on linux/x64 with glibc;
 * `development` names the workspaces among them whose development dependencies count as well. Peer dependencies
 * do, as npm installs them; optional ones do not. Throws UserMistake where the lockfile lacks something.
 */
export function closureOf(
  lockfile: Lockfile,
  start: readonly string[],
  development: readonly string[] = [],
): Closure {
  const packages = new Map<string, LockedPackage>();
  const locals = new Map<string, LockedPackage>();
  const edges = new Map<string, ReadonlyMap<string, string>>();
  const queue = [...start];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (edges.has(path)) continue;
    const found = lockfile.packages[path];
    if (found === undefined) throw missing(lockfile, path === '' ? 'the project' : path);
    if (!isInside(path)) throw outside(lockfile, path);
    (isLocal(path) ? locals : packages).set(path, found);
    const resolved = new Map<string, string>();
    for (const [name, necessary] of wanted(found, development.includes(path))) {
      if (!isPackageName(name)) throw noName(lockfile, name, path);
      const at = resolve(lockfile, path, name);
      if (at === undefined && necessary) throw missing(lockfile, name, path);
      if (at === undefined || (!necessary && !runsInImage(lockfile, at))) continue;
      resolved.set(name, at);
      queue.push(at);
    }
    edges.set(path, resolved);
  }
  return { packages, locals, edges };
}

/** Whether a path of the lockfile is a workspace's and not a package's from a registry. */
export function isLocal(path: string): boolean {
  return !/(^|\/)node_modules\//.test(path);
}

/** Whether a package says that it runs on linux/x64 with glibc. */
function runsInImage(lockfile: Lockfile, path: string): boolean {
  const found = lockfile.packages[path];
  return allows(found?.os, 'linux') && allows(found?.cpu, 'x64') && allows(found?.libc, 'glibc');
}

function allows(list: readonly string[] | undefined, ours: string): boolean {
  if (list === undefined || list.length === 0) return true;
  if (list.includes(`!${ours}`)) return false;
  return list.every((entry) => entry.startsWith('!')) || list.includes(ours) || list.includes('any');
}

function* wanted(
  found: LockedPackage,
  development: boolean,
): Generator<readonly [name: string, necessary: boolean]> {
  const optional = found.optionalDependencies ?? {};
  for (const name of Object.keys(optional)) yield [name, false];
  for (const name of Object.keys(found.dependencies ?? {}))
    if (!Object.hasOwn(optional, name)) yield [name, true];
  for (const name of Object.keys(found.peerDependencies ?? {})) {
    if (found.peerDependenciesMeta?.[name]?.optional !== true) yield [name, true];
  }
  if (development) for (const name of Object.keys(found.devDependencies ?? {})) yield [name, true];
}

/** Looks a name up as Node.js does: in node_modules of the folder, then of each folder above. */
function resolve(lockfile: Lockfile, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = posix.dirname(folder)) {
    const above = folder === '.' ? '' : folder;
    const path = posix.join(above, 'node_modules', name);
    const found = posix.basename(above) === 'node_modules' ? undefined : lockfile.packages[path];
    if (found?.link === true) return found.resolved ?? missingLink(lockfile, path);
    if (found !== undefined) return path;
    if (above === '') return undefined;
  }
}

function missingLink(lockfile: Lockfile, path: string): never {
  throw missing(lockfile, `the folder that ${path} links to`);
}

function missing(lockfile: Lockfile, what: string, from?: string): UserMistake {
  return new UserMistake({
    what: oneLine(
      `the lockfile lacks ${what}${from === undefined ? '' : `, which ${from || 'the project'} needs`}`,
    ),
    where: { file: lockfile.file },
    next: 'Run `npm install` and commit package-lock.json.',
  });
}

/** Whether a path stays in the lockfile's folder, and is written in one way only. */
function isInside(path: string): boolean {
  if (path === '') return true;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no path of a package has them
  return posix.normalize(path) === path && !/^\/|^\.\.?(\/|$)|\/$|[\\\0-\x1f]/.test(path);
}

function outside(lockfile: Lockfile, path: string): UserMistake {
  return new UserMistake({
    what: oneLine(`${path} is not in the folder of the lockfile, so it can be no part of an image`),
    where: { file: lockfile.file },
    next: 'Make it a workspace of the project (`workspaces` in package.json), then run `npm install`.',
  });
}

function noName(lockfile: Lockfile, name: string, from: string): UserMistake {
  return new UserMistake({
    what: oneLine(`${JSON.stringify(name)}, which ${from || 'the project'} needs, is no name of a package`),
    where: { file: lockfile.file },
    next: 'Correct it in package.json, then run `npm install`.',
  });
}
