import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StepFailed, UserMistake } from '../../../core/failure.ts';
import type { Context } from '../../../effects/context.ts';
import { installPackages } from '../packages.ts';
import type { Component } from './components.ts';
import type { Source } from './source.ts';

/** The Go modules of the components: `path/components/<name>` with go.mod, go.sum and, where needed, a main. */
export const modulesFolder = join(import.meta.dirname, '../../../../components');

/**
 * Compiles from Go modules. The Go toolchain checks every module against go.sum; proxies and checksum database are
 * those of the machine's own Go configuration.
 */
export const goSource: Source = {
  name: 'go',
  available: async (context) =>
    (await context.processes.find('go')) === undefined
      ? { ok: false, missing: 'the Go toolchain (`go` 1.26 or newer on PATH)' }
      : { ok: true },
  key: (context, component) => key(context, component),
  obtain: (context, component, folder, progress) => obtain(context, component, folder, progress),
};

async function key(context: Context, component: Component): Promise<string> {
  const hash = createHash('sha256');
  // How it is shown and when it is made changes nothing of what is made.
  const { packages: _packages, node: _node, late: _late, ...made } = component;
  hash.update(JSON.stringify(made));
  hash.update(await goVersion(context));
  for (const name of modulesOf(component)) {
    const module = join(modulesFolder, name);
    for (const entry of (await readdir(module, { recursive: true, withFileTypes: true })).sort((a, b) =>
      join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1,
    )) {
      if (entry.isFile()) hash.update(entry.name).update(await readFile(join(entry.parentPath, entry.name)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** Its own module and those that it points at. */
function modulesOf({ name, beside = [] }: Component): readonly string[] {
  return [name, ...beside];
}

let known: Promise<string> | undefined;
/** `go version` starts a process: asked once a run. */
function goVersion(context: Context): Promise<string> {
  known ??= context.processes
    .run({ program: 'go', args: ['version'] })
    .then((outcome) => outcome.stdout.trim());
  return known;
}

async function obtain(
  context: Context,
  component: Component,
  folder: string,
  progress: (fraction: number, text: string) => void,
): Promise<void> {
  const modules = join(folder, 'modules');
  const module = join(modules, component.name);
  for (const name of modulesOf(component))
    await cp(join(modulesFolder, name), join(modules, name), { recursive: true });
  await ensureLibraries(context, component);
  progress(0, 'modules');
  // The build itself downloads the modules that it needs: go.mod names many more.
  await patch(context, component, module);
  await mkdir(join(folder, 'bin'), { recursive: true });
  let compiled = 0;
  const built = (line: string) => {
    const [, wanted] = /^go: downloading (\S+)/.exec(line) ?? [];
    if (wanted !== undefined)
      progress(Math.min(compiled / component.packages, 0.97), `downloading ${wanted}`);
    if (/^[\w.-]+(\/[\w.~-]+)*$/.test(line)) {
      compiled++;
      progress(Math.min(compiled / component.packages, 0.97), `${compiled} packages`);
    }
  };
  const flags = [
    '-trimpath',
    '-v',
    '-mod=mod',
    `-ldflags=${['-s', '-w', ...(component.ldflags ?? [])].join(' ')}`,
  ];
  if (component.tags !== undefined) flags.push('-tags', component.tags);
  // Several packages in one call share the compiler's work; a single one can be named.
  const packages = Object.entries(component.programs);
  const single = packages.length === 1 ? packages[0] : undefined;
  const output = join(folder, 'bin', single === undefined ? '' : single[1]);
  await go(
    context,
    component,
    module,
    [
      'build',
      ...flags,
      '-o',
      `${output}${single === undefined ? '/' : ''}`,
      ...packages.map(([name]) => name),
    ],
    built,
  );
  for (const [target, from] of Object.entries(component.documents ?? {})) {
    const root = await moduleFolder(context, component, module, from.module);
    await cp(join(root, from.folder), join(folder, target), { recursive: true });
  }
  await rm(modules, { recursive: true, force: true });
}

async function ensureLibraries(context: Context, component: Component): Promise<void> {
  const missing = async () => {
    const names: string[] = [];
    const pkgConfig = await context.processes.find('pkg-config');
    for (const [library, debianPackage] of Object.entries(component.libraries ?? {})) {
      const there =
        pkgConfig !== undefined &&
        (await context.processes.run({ program: pkgConfig, args: ['--exists', library] })).code === 0;
      if (!there) names.push(debianPackage);
    }
    return names.length === 0 ? [] : ['pkg-config', 'gcc', 'libc6-dev', ...names];
  };
  const needed = await missing();
  if (needed.length === 0) return;
  await installPackages(context, needed);
  if ((await missing()).length === 0) return;
  throw new UserMistake({
    what: `${component.name} cannot be compiled without ${needed.join(', ')}`,
    next: 'Install them (the names are Debian packages), then run the same command again.',
  });
}

/** Copies the modules that are patched beside the build and points go.mod there. */
async function patch(context: Context, component: Component, module: string): Promise<void> {
  for (const [name, files] of Object.entries(component.patches ?? {})) {
    const copy = join(module, 'patched', name.replaceAll('/', '_'));
    await cp(await moduleFolder(context, component, module, name), copy, { recursive: true });
    for (const [path, ours] of Object.entries(files)) {
      await rm(join(copy, path), { force: true });
      await cp(join(module, ours), join(copy, path));
    }
    await go(context, component, module, [
      'mod',
      'edit',
      '-replace',
      `${name}=./patched/${name.replaceAll('/', '_')}`,
    ]);
  }
}

/** A module's folder; it is downloaded where it is not there yet. */
async function moduleFolder(
  context: Context,
  component: Component,
  module: string,
  name: string,
): Promise<string> {
  const downloaded: unknown = JSON.parse(
    await go(context, component, module, ['mod', 'download', '-json', name]),
  );
  if (typeof downloaded === 'object' && downloaded !== null && 'Dir' in downloaded)
    return String(downloaded.Dir);
  throw new StepFailed({ what: `${component.name}: go does not say where the module ${name} is` });
}

async function go(
  context: Context,
  component: Component,
  cwd: string,
  args: readonly string[],
  onLine?: (line: string) => void,
): Promise<string> {
  const outcome = await context.processes.run({
    program: 'go',
    args,
    cwd,
    env: {
      // Packages compiled for one component serve the next; nothing outside the cache folder is touched.
      GOCACHE: join(context.cache, 'go/build'),
      GOMODCACHE: join(context.cache, 'go/mod'),
      GOFLAGS: '-modcacherw -buildvcs=false',
      GOWORK: 'off',
      CGO_ENABLED: component.cgo === true ? '1' : '0',
    },
    ...(onLine === undefined ? {} : { onLine }),
    signal: context.signal,
  });
  if (outcome.code === 0) return outcome.stdout;
  throw new StepFailed({
    what: `${component.name} ${component.version} could not be compiled: go ${args[0]} ended with ${outcome.code}`,
    next: 'Check that the Go module proxy can be reached (`go env GOPROXY`) and run the same command again: what was compiled is kept.',
    details: outcome.stderr.trim().split('\n').slice(-15),
  });
}
