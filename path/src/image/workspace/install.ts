import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Context } from '../../effects/context.ts';
import type { Closure } from './closure.ts';
import { type PackageJson, readPackageJson, type Workspace } from './find-workspace.ts';
import type { LockedPackage } from './lockfile.ts';
import { npm } from './npm.ts';

/** The files that let `npm ci` install a closure and nothing else: path → JSON document. */
export type InstallFiles = Readonly<Record<string, unknown>>;

const kept = ['dependencies', 'optionalDependencies', 'peerDependencies', 'peerDependenciesMeta'] as const;

/**
 * The package.json files and the package-lock.json of a project that consists of a closure alone. npm's own choice
 * by `--workspace` and `--omit=dev` is too wide: what one workspace needs in production is installed for another
 * that needs it for tests only. Pure.
 */
export function installFiles(
  closure: Closure,
  development: readonly string[],
  root: PackageJson,
): InstallFiles {
  const files: Record<string, unknown> = {};
  const packages: Record<string, unknown> = {};
  const members = [...closure.locals.keys()].filter((path) => path !== '').sort();
  for (const path of ['', ...members]) {
    const document = localPackage(closure, path, development.includes(path), members, root);
    files[join(path, 'package.json')] = document;
    packages[path] = document;
  }
  for (const path of members) {
    const name = closure.locals.get(path)?.name ?? path.slice(path.lastIndexOf('/') + 1);
    packages[`node_modules/${name}`] = { resolved: path, link: true };
  }
  for (const [path, found] of [...closure.packages].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const {
      dev: _dev,
      devOptional: _devOptional,
      ...rest
    } = found as LockedPackage & Record<string, unknown>;
    packages[path] = { ...rest, ...optionalOf(closure, path, found) };
  }
  files['package-lock.json'] = { name: 'image', lockfileVersion: 3, requires: true, packages };
  return files;
}

function localPackage(
  closure: Closure,
  path: string,
  development: boolean,
  members: readonly string[],
  root: PackageJson,
): Record<string, unknown> {
  const found = closure.locals.get(path);
  const document: Record<string, unknown> = {
    name: found?.name ?? (path === '' ? 'image' : path.split('/').at(-1)),
  };
  if (found?.version !== undefined) document.version = found.version;
  for (const kind of kept) if (found?.[kind] !== undefined) document[kind] = found[kind];
  if (found !== undefined) Object.assign(document, optionalOf(closure, path, found));
  if (development && found?.devDependencies !== undefined) document.devDependencies = found.devDependencies;
  if (path !== '') return document;
  if (members.length > 0) document.workspaces = members;
  if (root.overrides !== undefined) document.overrides = withoutReferences(root.overrides, root);
  return document;
}

/** A package's optional dependencies without those that the closure leaves out, which npm would miss otherwise. */
function optionalOf(closure: Closure, path: string, found: LockedPackage): Partial<LockedPackage> {
  if (found.optionalDependencies === undefined) return {};
  const resolved = closure.edges.get(path);
  const present = (name: string) => resolved?.has(name) === true;
  const { dependencies, optionalDependencies } = found;
  const only = (specs: Readonly<Record<string, string>>, keep: (name: string) => boolean) =>
    Object.fromEntries(Object.entries(specs).filter(([name]) => keep(name)));
  return {
    optionalDependencies: only(optionalDependencies, present),
    ...(dependencies && {
      dependencies: only(dependencies, (name) => !(name in optionalDependencies) || present(name)),
    }),
  };
}

/** Overrides with `$name` replaced by what the root's dependencies say, since those may not be in the closure. */
function withoutReferences(value: unknown, root: PackageJson): unknown {
  if (typeof value === 'string' && value.startsWith('$')) {
    const name = value.slice(1);
    return (
      root.dependencies?.[name] ?? root.devDependencies?.[name] ?? root.optionalDependencies?.[name] ?? value
    );
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withoutReferences(inner, root)]),
  );
}

/** What to install. */
export interface InstallRequest {
  readonly workspace: Workspace;
  readonly closure: Closure;
  readonly development: readonly string[];
  /** An empty folder; packages come below it at the paths that they have in the lockfile. */
  readonly into: string;
}

/** Installs a closure for linux/x64 with glibc, from the user's registry, without running install scripts. */
export async function install(context: Context, request: InstallRequest): Promise<void> {
  const { workspace, closure, development, into } = request;
  const files = installFiles(closure, development, await readPackageJson(workspace.root));
  for (const [path, document] of Object.entries(files)) {
    await mkdir(dirname(join(into, path)), { recursive: true });
    await writeFile(join(into, path), JSON.stringify(document, undefined, 2));
  }
  // The project's own npm settings; the user's are found by npm itself.
  await copyFile(join(workspace.root, '.npmrc'), join(into, '.npmrc')).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    },
  );
  const platform = ['--os=linux', '--cpu=x64', '--libc=glibc'];
  await npm(
    context,
    ['ci', '--ignore-scripts', '--include=optional', '--include=dev', '--prefer-offline', ...platform],
    {
      folder: into,
      doing: `installing the dependencies of ${workspace.path || workspace.packageJson.name || 'the application'}`,
      env: { NODE_ENV: undefined },
    },
  );
}
