import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Project } from '../../project/project.ts';
import type { StoredData } from '../provider.ts';
import { layoutOf } from './layout.ts';

/**
 * What removing a local cluster with its data deletes for good: every volume on its disk, those of other systems that
 * share the cluster too. The cluster need not run.
 * @param state as `layoutOf` takes it
 */
export async function storedLocally(
  { services, target }: Project,
  state = process.env.PTP_STATE,
): Promise<readonly StoredData[]> {
  const { volumes } = layoutOf(target.instance, state);
  const folders = await readdir(volumes).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return Promise.all(
    folders.sort().map(async (folder) => {
      const used = await bytesBelow(join(volumes, folder));
      // As the provisioner calls them: pvc-<uid>_<namespace>_<claim>.
      const [, namespace = '', claim = folder] = folder.split('_');
      const service = services.find(
        ({ name }) => namespace === target.namespace && claim === `data-${name}-0`,
      );
      if (service !== undefined) return { name: service.name, size: service.storage, used };
      return { name: namespace === target.namespace ? claim : `${namespace}/${claim}`, used };
    }),
  );
}

/** The bytes that a folder takes on the disk. What goes away meanwhile counts as nothing. */
async function bytesBelow(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return 0;
  const own = found.blocks * 512;
  if (!found.isDirectory()) return own;
  const entries = await readdir(path).catch(() => []);
  const inner = await Promise.all(entries.map((entry) => bytesBelow(join(path, entry))));
  return inner.reduce((sum, bytes) => sum + bytes, own);
}
