import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type PackageJson, readPackageJson } from './find-workspace.ts';

/** A folder's package.json, or undefined where it has none. Throws UserMistake where it is none. */
export async function findPackageJson(folder: string): Promise<PackageJson | undefined> {
  const there = await access(join(folder, 'package.json')).then(
    () => true,
    () => false,
  );
  return there ? readPackageJson(folder) : undefined;
}
