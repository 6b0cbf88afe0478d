import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { findPackageJson } from '../workspace/find-package-json.ts';

/** A web page: a package.json with a build script, beside an index.html. */
export async function detectStatic(folder: string): Promise<string | undefined> {
  const build = (await findPackageJson(folder))?.scripts?.build;
  if (build === undefined) return undefined;
  const hasPage = await access(join(folder, 'index.html')).then(
    () => true,
    () => false,
  );
  return hasPage ? `index.html, built by "${build.trim()}"` : undefined;
}
