import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Context } from '../../effects/context.ts';
import { tellDamage } from '../../oci/damage.ts';
import { folderState, keepDigests } from '../../oci/kept-folder.ts';
import { removeAbandoned } from '../../oci/remove-abandoned.ts';
import { incoming, replaceFolder } from '../../oci/replace-folder.ts';
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
 * asks for others. npm installs them, from its own cache where it has them, and verifies each by its integrity. What
 * is no longer as npm has put it there is told of and installed again.
 */
export async function modulesFolder(
  context: Context,
  workspace: Workspace,
  start: readonly string[],
): Promise<string> {
  const closure = closureOf(workspace.lockfile, start, start);
  const folder = join(context.cache, 'modules', keyOf([process.version, closureKey(closure)]));
  const state = await folderState(folder);
  if (state === 'whole') {
    await removeAbandoned(folder, 'stage-');
    return folder;
  }
  if (state === 'damaged') tellDamage(context.emit, 'a package that builds use', folder);
  const into = join(context.cache, 'modules', incoming + randomUUID());
  try {
    await mkdir(into, { recursive: true });
    await removeAbandoned(dirname(into), incoming);
    // Never the project's own node_modules: what someone tried out in there would get into the image.
    await install(context, { workspace, closure, development: start, into });
    await keepDigests(into);
    // Another process may have been quicker, and builds in what it has made.
    if ((await folderState(folder)) !== 'whole') await replaceFolder(folder, into);
    return folder;
  } finally {
    await rm(into, { recursive: true, force: true });
  }
}
