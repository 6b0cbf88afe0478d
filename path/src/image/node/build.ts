import { join, posix, relative } from 'node:path';
import type { NodeImage } from '../../core/image-spec.ts';
import type { Material } from '../../core/making.ts';
import type { Ingredients, NamedLayer, Workshop } from '../builder.ts';
import type { LayerEntry } from '../layer.ts';
import { lockfileMaterial, npmMaterials } from '../materials.ts';
import { readSourceTree, type SourceFile, treeEntries, treeKey, withFolders } from '../source-tree.ts';
import { build, readBuildInputs } from '../workspace/build.ts';
import { type Closure, closureOf } from '../workspace/closure.ts';
import { findWorkspace, readPackageJson } from '../workspace/find-workspace.ts';
import { shownPlace } from '../workspace/package-name.ts';
import { placePackages } from '../workspace/placement.ts';
import { readRules } from '../workspace/rules.ts';
import { type Dependencies, dependenciesLayer } from './dependencies.ts';
import { applicationFolder, imagePlace, leftOut, scripted, startArguments } from './plan.ts';

/** Builds an application for Node.js: base, dependencies, application, each a layer of its own. */
export async function buildNode(workshop: Workshop, spec: NodeImage): Promise<Ingredients> {
  const workspace = await findWorkspace(spec.source);
  const args = startArguments(workspace.packageJson, join(spec.source, 'package.json'));
  const closure = closureOf(workspace.lockfile, [workspace.path]);
  const placed = placePackages(closure, workspace.path);
  const locals = new Set([...placed].filter(([, path]) => closure.locals.has(path)).map(([place]) => place));
  const dependencies: Dependencies = { workspace, closure, placed, locals };
  const [base, packages, application] = await Promise.all([
    workshop.base(spec.base),
    dependenciesLayer(workshop, spec.name, dependencies),
    applicationLayer(workshop, spec.name, dependencies, args),
  ]);
  warnOfScripts(workshop, spec.name, scripted(closure), join(workspace.root, 'package-lock.json'));
  return {
    base,
    layers: packages === undefined ? [application.layer] : [packages, application.layer],
    execution: {
      ...(base.configuration.config?.User ? {} : { User: '65532:65532' }),
      Entrypoint: [base.node, ...args],
      Env: ['NODE_ENV=production'],
      WorkingDir: `/${applicationFolder}`,
      StopSignal: 'SIGTERM',
    },
    inputs: {
      source: application.source,
      dependencies: Object.fromEntries(
        [...placed]
          .filter(([, path]) => closure.packages.has(path))
          .map(([place, path]) => [shownPlace(place), closure.packages.get(path)?.version ?? '']),
      ),
    },
    materials: [
      ...npmMaterials(closure.packages, 'contained'),
      ...builtWith(application.packages, closure),
      ...lockfileMaterial(workspace.lockfile, workshop.projectFolder),
    ],
  };
}

/** Packages that only the build needs. */
function builtWith(packages: Closure['packages'], needed: Closure): readonly Material[] {
  return npmMaterials(new Map([...packages].filter(([path]) => !needed.packages.has(path))), 'build');
}

/** The application's own layer, its source files, and the packages that its build script needs. */
interface Application {
  readonly layer: NamedLayer;
  readonly source: Readonly<Record<string, string>>;
  readonly packages: Closure['packages'];
}

async function applicationLayer(
  workshop: Workshop,
  name: string,
  dependencies: Dependencies,
  args: readonly string[],
): Promise<Application> {
  const { context, layers } = workshop;
  const { workspace } = dependencies;
  const built = workspace.packageJson.scripts?.build !== undefined;
  const patterns = leftOut(workspace.packageJson, args, built);
  const keep = await readRules(workspace.folder, patterns);
  const shared = await sharedFiles(context, dependencies);
  const sharedKey = shared.map(({ place, files }) => [place, treeKey(files)]);
  if (built) {
    const inputs = await readBuildInputs(context, workspace);
    const layer = await layers.layer(['node-built', inputs.key, patterns, sharedKey], (write) => {
      context.emit({ kind: 'progress', step: 'image', task: name, text: 'running npm run build' });
      return build(context, inputs, async (folder) =>
        write(applicationEntries(await readSourceTree(folder, keep), shared, dependencies)),
      );
    });
    const { source, packages } = inputs;
    return { layer: { ...layer, what: 'application' }, source, packages };
  }
  const files = await readSourceTree(workspace.folder, keep, context);
  const layer = await layers.layer(['node-application', treeKey(files), sharedKey], (write) => {
    context.emit({ kind: 'progress', step: 'image', task: name, text: 'packing the application' });
    return write(applicationEntries(files, shared, dependencies));
  });
  const source: Record<string, string> = {};
  for (const { from, files: inner } of [{ from: workspace.folder, files }, ...shared]) {
    const towards = relative(workspace.folder, from);
    for (const file of inner)
      source[posix.join(towards, file.path)] = file.kind === 'file' ? file.sha256 : file.target;
  }
  return { layer: { ...layer, what: 'application' }, source, packages: new Map() };
}

/** A workspace that the application needs: where it is placed, where it comes from, what it has. */
interface Shared {
  readonly place: string;
  readonly from: string;
  readonly files: readonly SourceFile[];
}

async function sharedFiles(
  context: Workshop['context'],
  { workspace, placed, locals }: Dependencies,
): Promise<readonly Shared[]> {
  return Promise.all(
    [...locals].map(async (place) => {
      const from = join(workspace.root, placed.get(place) ?? '');
      const keep = await readRules(from, leftOut(await readPackageJson(from), [], true));
      return { place, from, files: await readSourceTree(from, keep, context) };
    }),
  );
}

function applicationEntries(
  files: readonly SourceFile[],
  shared: readonly Shared[],
  { locals }: Dependencies,
): readonly LayerEntry[] {
  const entries = [...treeEntries(applicationFolder, files)];
  for (const { place, files: inner } of shared) {
    const at = imagePlace(place, locals);
    const link = posix.join(applicationFolder, place);
    const target = posix.relative(posix.dirname(link), at);
    entries.push(...treeEntries(at, inner), {
      path: link,
      mode: 0o777,
      uid: 0,
      gid: 0,
      kind: 'symlink',
      target,
    });
  }
  return withFolders(entries);
}

function warnOfScripts(workshop: Workshop, name: string, packages: readonly string[], file: string): void {
  if (packages.length === 0) return;
  workshop.context.emit({
    kind: 'warning',
    step: 'image',
    problem: {
      what: `${name}: install scripts are not run for ${packages.join(', ')}`,
      where: { file },
      next: 'Where it builds native code, choose a package with prebuilt binaries as optional dependencies.',
    },
  });
}
