import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Context } from '../../effects/context.ts';
import { removeAbandoned } from '../../oci/remove-abandoned.ts';
import { keyOf } from '../layer-cache.ts';
import { type Closure, closureOf } from './closure.ts';
import type { Workspace } from './find-workspace.ts';
import { install } from './install.ts';

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
 * asks for others. npm installs them, from its own cache where it has them, and verifies each by its integrity.
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
    // Never the project's own node_modules: what someone tried out in there would get into the image.
    await install(context, { workspace, closure, development: start, into: incoming });
    await rename(incoming, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error; // another process was quicker
    });
    return folder;
  } finally {
    await rm(incoming, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
