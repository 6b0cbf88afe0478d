import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import type { Context } from '../../effects/context.ts';
import { removeAbandoned } from '../../oci/remove-abandoned.ts';
import { keyOf } from '../layer-cache.ts';
import { type Closure, closureOf } from './closure.ts';
import type { Workspace } from './find-workspace.ts';
import { install } from './install.ts';
import type { LockedPackage } from './lockfile.ts';
import { packageName } from './package-name.ts';

/** What decides the content of a closure's packages. */
export function closureKey(closure: Closure): readonly unknown[] {
  const packages = [...closure.packages].map(([path, { version, integrity, resolved }]) => [
    path,
    version,
    integrity ?? resolved,
  ]);
  return packages.sort(([one], [other]) => (String(one) < String(other) ? -1 : 1));
}

/**
 * A folder that has the packages a build needs at the paths of the lockfile; kept in the cache until the lockfile
 * asks for others. They are copied from the project's own node_modules where that is what the lockfile says,
 * installed by npm otherwise.
 */
export async function modulesFolder(
  context: Context,
  workspace: Workspace,
  start: readonly string[],
): Promise<string> {
  const closure = closureOf(workspace.lockfile, start, start);
  const folder = join(context.cache, 'modules', keyOf([process.version, closureKey(closure)]));
  if (await exists(folder)) {
    await removeAbandoned(folder, 'stage-');
    return folder;
  }
  const incoming = join(context.cache, 'modules', `incoming-${randomUUID()}`);
  try {
    await mkdir(incoming, { recursive: true });
    await removeAbandoned(dirname(incoming), 'incoming-');
    if (await isInstalled(workspace, closure)) {
      await copyModules(workspace.root, incoming, closure);
    } else {
      await install(context, { workspace, closure, development: start, into: incoming });
    }
    await rename(incoming, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error; // another process was quicker
    });
    return folder;
  } finally {
    await rm(incoming, { recursive: true, force: true });
  }
}

/** Whether node_modules has what the lockfile says, by the record that npm keeps of what it installed. */
async function isInstalled(workspace: Workspace, closure: Closure): Promise<boolean> {
  const file = join(workspace.root, 'node_modules', '.package-lock.json');
  let installed: { readonly packages?: Readonly<Record<string, LockedPackage>> };
  try {
    installed = JSON.parse(await readFile(file, 'utf8')) as typeof installed;
  } catch {
    return false;
  }
  return [...closure.packages].every(([path, wanted]) => {
    const found = installed.packages?.[path];
    return found?.version === wanted.version && found?.integrity === wanted.integrity;
  });
}

async function copyModules(from: string, to: string, closure: Closure): Promise<void> {
  for (const [path, found] of closure.packages) {
    // A Node.js that an install script fetched: builds run with the one that runs this tool.
    if (packageName(path) === 'node') continue;
    const source = join(from, path);
    await cp(source, join(to, path), {
      recursive: true,
      mode: constants.COPYFILE_FICLONE,
      // What is nested is copied by its own entry of the lockfile.
      filter: (inner) => inner === source || basename(inner) !== 'node_modules' || dirname(inner) !== source,
    });
    await linkPrograms(to, path, found);
  }
}

async function linkPrograms(to: string, path: string, found: LockedPackage): Promise<void> {
  const at = path.lastIndexOf('node_modules/');
  const modules = posix.join(path.slice(0, at), 'node_modules');
  const name = packageName(path);
  const programs = typeof found.bin === 'string' ? { [posix.basename(name)]: found.bin } : (found.bin ?? {});
  for (const [program, file] of Object.entries(programs)) {
    const link = join(to, modules, '.bin', program);
    await mkdir(dirname(link), { recursive: true });
    await symlink(posix.join('..', name, file), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error; // the first of two packages with one program name has it, as in npm
    });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
