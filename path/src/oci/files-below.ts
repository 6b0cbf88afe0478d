import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A file or symbolic link below a folder. */
export interface FileBelow {
  /** Relative to the folder. */
  readonly path: string;
  readonly kind: 'file' | 'symlink';
}

/**
 * The files and symbolic links below a folder, sorted by path. Links are not followed, as the recursive readdir of
 * Node.js does: it lists files twice and never ends where a link leads to a folder above it.
 */
export async function filesBelow(folder: string): Promise<readonly FileBelow[]> {
  const visit = async (above: string): Promise<FileBelow[]> => {
    const entries = await readdir(join(folder, above), { withFileTypes: true });
    const found = entries.map(async (entry): Promise<FileBelow[]> => {
      const path = join(above, entry.name);
      if (entry.isDirectory()) return visit(path);
      if (entry.isSymbolicLink()) return [{ path, kind: 'symlink' }];
      return entry.isFile() ? [{ path, kind: 'file' }] : [];
    });
    return (await Promise.all(found)).flat();
  };
  return (await visit('')).sort((one, other) => (one.path < other.path ? -1 : 1));
}
