import { chmod, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, posix, relative } from 'node:path';
import { StepFailed } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import { temporaryName } from '../../effects/temporary.ts';
import { readSourceTree, readUnchanged, type SourceFile, treeKey } from '../source-tree.ts';
import { type Closure, closureOf } from './closure.ts';
import type { Workspace } from './find-workspace.ts';
import { closureKey, modulesFolder } from './modules.ts';
import { lastLines, npm } from './npm.ts';
import { shownPlace } from './package-name.ts';
import { neverSource, readRules } from './rules.ts';

/** Everything that decides what `npm run build` of an application makes. */
export interface BuildInputs {
  readonly workspace: Workspace;
  /** The lockfile's folder, the application and the workspaces it needs. */
  readonly start: readonly string[];
  /** Source files by the path, below the lockfile's folder, of what they belong to. */
  readonly trees: ReadonlyMap<string, readonly SourceFile[]>;
  /** A JSON value that is the same when all inputs are. */
  readonly key: unknown;
  /** Source files, relative to the application, with what changes when they do. */
  readonly source: Readonly<Record<string, string>>;
  /** Packages that the build uses, by their path in the lockfile, and their versions. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** The same packages as the lockfile has them. */
  readonly packages: Closure['packages'];
}

// Of a workspace's root only what builds read: manifests and the settings that members extend.
const sharedSettings = /^(package\.json|tsconfig[^/]*\.json|[^/]+\.config\.[cm]?[jt]s)$/;

/** Lists the inputs of an application's build; contents are read only where they changed. */
export async function readBuildInputs(
  context: Pick<Context, 'cache' | 'emit'>,
  workspace: Workspace,
): Promise<BuildInputs> {
  const start = [...new Set(['', workspace.path])];
  const closure = closureOf(workspace.lockfile, start, start);
  const trees = new Map<string, readonly SourceFile[]>();
  for (const path of closure.locals.keys()) {
    const folder = join(workspace.root, path);
    const isSharedRoot = path === '' && workspace.path !== '';
    const keep = isSharedRoot
      ? (inner: string) => sharedSettings.test(inner)
      : await readRules(folder, [...neverSource, '/dist/', '/build/']);
    trees.set(path, await readSourceTree(folder, keep, context));
  }
  const source: Record<string, string> = {};
  for (const [path, files] of trees) {
    const towards = posix.relative(`/${workspace.path}`, `/${path}`);
    for (const file of files) {
      source[posix.join(towards, file.path)] = file.kind === 'file' ? file.sha256 : file.target;
    }
  }
  const key = [
    [...trees].map(([path, files]) => [path, treeKey(files)]),
    closureKey(closure),
    process.version,
  ];
  const dependencies = Object.fromEntries(
    [...closure.packages].map(([path, { version }]) => [shownPlace(path), version ?? '']),
  );
  return { workspace, start, trees, key, source, dependencies, packages: closure.packages };
}

/**
 * Runs `npm run build` in a copy of the sources, with an environment that holds nothing of the user or the
 * machine, and calls `use` with the application's folder in the copy, which is gone afterwards. Throws StepFailed
 * with the last lines of the build where it fails.
 */
export async function build<Result>(
  context: Context,
  inputs: BuildInputs,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const { workspace } = inputs;
  const modules = await modulesFolder(context, workspace, inputs.start);
  // Below the packages, so that Node.js finds them upwards and each build has a tree of its own.
  const stage = join(modules, temporaryName('stage'));
  try {
    await mkdir(stage);
    await copySources(inputs, stage);
    await linkModules(inputs, modules, stage);
    const folder = join(stage, workspace.path);
    await runBuild(context, workspace, folder, stage);
    return await use(folder);
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

async function copySources(inputs: BuildInputs, stage: string): Promise<void> {
  for (const [path, files] of inputs.trees) {
    for (const file of files) {
      const to = join(stage, path, file.path);
      await mkdir(dirname(to), { recursive: true });
      if (file.kind === 'symlink') {
        await symlink(file.target, to);
      } else {
        // What is kept under the key of these contents must be made of them.
        await writeFile(to, readUnchanged(file.from, file.sha256));
        await chmod(to, file.executable ? 0o755 : 0o644);
      }
    }
  }
}

/** Packages that npm put beside a workspace, and links between workspaces. */
async function linkModules(inputs: BuildInputs, modules: string, stage: string): Promise<void> {
  const { lockfile } = inputs.workspace;
  const members = [...inputs.trees.keys()].filter((path) => path !== '');
  for (const path of members) {
    if (Object.keys(lockfile.packages).some((inner) => inner.startsWith(`${path}/node_modules/`))) {
      await linkEach(join(modules, path, 'node_modules'), join(stage, path, 'node_modules'));
    }
    for (const [link, found] of Object.entries(lockfile.packages)) {
      if (found.link !== true || found.resolved !== path) continue;
      const at = join(stage, link);
      await mkdir(dirname(at), { recursive: true });
      await symlink(relative(dirname(at), join(stage, path)), at);
    }
  }
}

/** A folder of links: what a build puts beside them (caches, records of its own) stays out of the shared packages. */
async function linkEach(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) await symlink(join(from, name), join(to, name));
}

async function runBuild(
  context: Context,
  workspace: Workspace,
  folder: string,
  stage: string,
): Promise<void> {
  const name = workspace.packageJson.name ?? workspace.path;
  const home = join(stage, '.home');
  await mkdir(home);
  try {
    await npm(context, ['run', 'build'], { folder, doing: `building ${name}`, env: plainEnvironment(home) });
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    const output = lastLines((error.problems[0]?.details ?? []).join('\n').replaceAll(`${stage}/`, ''));
    throw new StepFailed(
      {
        what: `the build of ${name} failed: ${workspace.packageJson.scripts?.build ?? 'npm run build'}`,
        where: { file: join(workspace.folder, 'package.json'), key: 'scripts.build' },
        next: `Run \`npm run build\` in ${workspace.path || 'the project'} and mend what it reports.`,
        details: output,
      },
      { cause: error },
    );
  }
}

/** An environment without the user's variables, language, time zone or terminal. */
function plainEnvironment(home: string): Record<string, string | undefined> {
  const { PATH, ...others } = process.env;
  return {
    ...Object.fromEntries(Object.keys(others).map((name) => [name, undefined])),
    PATH: `${dirname(process.execPath)}:${PATH ?? ''}`,
    HOME: home,
    TZ: 'UTC',
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    CI: 'true',
    SOURCE_DATE_EPOCH: '0',
  };
}
