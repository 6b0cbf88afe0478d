import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { NamedLayer, Workshop } from '../builder.ts';
import type { LayerEntry } from '../layer.ts';
import { readSourceTree, treeEntries, withFolders } from '../source-tree.ts';
import { inTemporaryFolder } from '../temporary-folder.ts';
import { cachedPackages } from '../workspace/cached-packages.ts';
import type { Closure } from '../workspace/closure.ts';
import type { Workspace } from '../workspace/find-workspace.ts';
import { install } from '../workspace/install.ts';
import { npmCacheFolder } from '../workspace/npm-cache-folder.ts';
import type { PackageFile } from '../workspace/package-archive.ts';
import { imagePlace } from './plan.ts';

/** Names in node_modules that npm and tools make and no program imports. */
const notPackages = /^(\.bin|\.cache|\.package-lock\.json|node_modules)(\/|$)/;

/** What the dependencies layer is made of. */
export interface Dependencies {
  readonly workspace: Workspace;
  /** What the application needs on linux/x64 with glibc. */
  readonly closure: Closure;
  /** Place below the application → path in the lockfile (placement.ts). */
  readonly placed: ReadonlyMap<string, string>;
  /** The places of workspaces. */
  readonly locals: ReadonlySet<string>;
}

/**
 * The layer with the production dependencies, or undefined where there are none. Only what the lockfile says of
 * them decides it: a change of another workspace, of development dependencies or of sources leaves it as it is.
 */
export async function dependenciesLayer(
  workshop: Workshop,
  name: string,
  dependencies: Dependencies,
): Promise<NamedLayer | undefined> {
  const { workspace, closure, locals } = dependencies;
  const packages = [...dependencies.placed].filter(([, path]) => closure.packages.has(path));
  if (packages.length === 0) return undefined;
  const key = packages.map(([place, path]) => {
    const found = closure.packages.get(path);
    return [imagePlace(place, locals), found?.version, found?.integrity ?? found?.resolved];
  });
  const { context, layers } = workshop;
  const tell = (text: string) => context.emit({ kind: 'progress', step: 'image', task: name, text });
  const layer = await layers.layer(['node-dependencies', key], async (write) => {
    const cached = await cachedPackages(await npmCacheFolder(workspace.root, process.env), closure);
    if (cached !== undefined) {
      tell(`unpacking ${packages.length} packages`);
      const entries = packages.flatMap(([place, path]) =>
        packageEntries(imagePlace(place, locals), cached.get(path) ?? []),
      );
      return write(withFolders(entries));
    }
    return inTemporaryFolder(context.cache, async (into) => {
      tell(`installing ${packages.length} packages`);
      await install(context, { workspace, closure, development: [], into });
      const entries: LayerEntry[] = [];
      for (const [place, path] of packages) {
        const from = join(into, path);
        // npm leaves out optional packages that this version of Node.js cannot run.
        if (closure.packages.get(path)?.optional === true && !existsSync(from)) continue;
        const files = await readSourceTree(from, isOfPackage);
        entries.push(...treeEntries(imagePlace(place, locals), files));
      }
      return write(withFolders(entries));
    });
  });
  return { ...layer, what: 'dependencies' };
}

function isOfPackage(path: string): boolean {
  return !notPackages.test(path);
}

/** The entries that a package's files have below a folder: the same as if they were read from a folder. */
function packageEntries(folder: string, files: readonly PackageFile[]): readonly LayerEntry[] {
  return files
    .filter(({ path }) => isOfPackage(path))
    .map(({ path, executable, content }) => ({
      path: posix.join(folder, path),
      mode: executable ? 0o755 : 0o644,
      uid: 0,
      gid: 0,
      kind: 'file',
      size: content.byteLength,
      content: () => content,
    }));
}
