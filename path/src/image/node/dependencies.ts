import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { NamedLayer, Workshop } from '../builder.ts';
import type { LayerEntry } from '../layer.ts';
import { readSourceTree, treeEntries, withFolders } from '../source-tree.ts';
import { inTemporaryFolder } from '../temporary-folder.ts';
import type { Closure } from '../workspace/closure.ts';
import type { Workspace } from '../workspace/find-workspace.ts';
import { install } from '../workspace/install.ts';
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
  const layer = await layers.layer(['node-dependencies', key], (write) =>
    inTemporaryFolder(context.cache, async (into) => {
      const text = `installing ${packages.length} packages`;
      context.emit({ kind: 'progress', step: 'image', task: name, text });
      await install(context, { workspace, closure, development: [], into });
      const entries: LayerEntry[] = [];
      for (const [place, path] of packages) {
        const from = join(into, path);
        // npm leaves out optional packages that this version of Node.js cannot run.
        if (closure.packages.get(path)?.optional === true && !existsSync(from)) continue;
        const files = await readSourceTree(from, (inner) => !notPackages.test(inner));
        entries.push(...treeEntries(imagePlace(place, locals), files));
      }
      return write(withFolders(entries));
    }),
  );
  return { ...layer, what: 'dependencies' };
}
