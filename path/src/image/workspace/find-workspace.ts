import { stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { UserMistake } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { oneLine } from '../../core/one-line.ts';
import { readJsonFile } from './json-file.ts';
import { type Lockfile, readLockfile } from './lockfile.ts';

const specs = z.record(z.string(), z.string()).optional();
const packageJson = z.looseObject({
  name: z.string().optional(),
  version: z.string().optional(),
  type: z.string().optional(),
  main: z.string().optional(),
  files: z.array(z.string()).optional(),
  scripts: z.record(z.string(), z.string()).optional(),
  dependencies: specs,
  devDependencies: specs,
  optionalDependencies: specs,
  overrides: z.record(z.string(), z.unknown()).optional(),
});

/** What this tool reads of package.json. */
export type PackageJson = Readonly<z.infer<typeof packageJson>>;

/** An application's folder and the lockfile that pins what it needs. */
export interface Workspace {
  /** The absolute path of the folder with package-lock.json. */
  readonly root: string;
  /** The application's path below it, with forward slashes; empty where it is the root itself. */
  readonly path: string;
  readonly folder: string;
  readonly packageJson: PackageJson;
  readonly lockfile: Lockfile;
}

/**
 * Finds the lockfile of an application: its own, or that of the npm workspace that it is a member of, upwards.
 * Throws UserMistake where there is none, or where it does not match the application's package.json.
 */
export async function findWorkspace(folder: string): Promise<Workspace> {
  const own = await readPackageJson(folder);
  for (let root = folder; ; root = dirname(root)) {
    if (await exists(join(root, 'package-lock.json'))) {
      const lockfile = await readLockfile(root);
      const path = relative(root, folder).split(sep).join('/');
      if (path === '' || lockfile.packages[path] !== undefined) {
        const workspace = { root, path, folder, packageJson: own, lockfile };
        checkLockfile(workspace);
        return workspace;
      }
    }
    if (dirname(root) === root) break;
  }
  // Nothing to pin: npm writes no lockfile before the first dependency either.
  if (needsNothing(own)) {
    const lockfile = { file: join(folder, 'package-lock.json'), packages: { '': {} } };
    return { root: folder, path: '', folder, packageJson: own, lockfile };
  }
  throw new UserMistake({
    what: 'no package-lock.json pins the dependencies of this application, here or in a folder above',
    where: { file: join(folder, 'package.json') },
    next: 'Run `npm install`, or name the folder in the "workspaces" of the project, and commit package-lock.json.',
  });
}

function needsNothing(own: PackageJson): boolean {
  const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
  return kinds.every((kind) => Object.keys(own[kind] ?? {}).length === 0);
}

/** Reads a folder's package.json. Throws UserMistake where it is missing or not one. */
export async function readPackageJson(folder: string): Promise<PackageJson> {
  const file = join(folder, 'package.json');
  const form = {
    schema: packageJson,
    bytes: limits.node.manifest,
    noun: 'package.json',
    next: 'Correct it.',
  };
  const found = await readJsonFile(file, form);
  if (found !== undefined) return found;
  throw new UserMistake({
    what: 'there is no package.json',
    where: { file },
    next: 'Give the folder that has it.',
  });
}

function checkLockfile({ lockfile, path, packageJson: own, folder }: Workspace): void {
  const locked = lockfile.packages[path];
  for (const kind of ['dependencies', 'optionalDependencies', 'devDependencies'] as const) {
    for (const [name, spec] of Object.entries(own[kind] ?? {})) {
      if (locked?.[kind]?.[name] === spec) continue;
      // npm moves a package that is in both lists to the optional ones.
      if (kind === 'dependencies' && own.optionalDependencies?.[name] !== undefined) continue;
      throw new UserMistake({
        what: oneLine(`${name} ${spec} is not in package-lock.json`),
        where: { file: join(folder, 'package.json'), key: `${kind}.${name}` },
        next: 'Run `npm install` and commit package-lock.json.',
      });
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
