import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UserMistake } from '../core/failure.ts';
import { limits } from '../core/limits.ts';
import { fileIdentity } from '../oci/file-identity.ts';

/** Where a database of vulnerabilities is: at an address, or in files of this machine. */
export type DatabasePlace =
  | { readonly kind: 'remote'; readonly url: string }
  | {
      readonly kind: 'local';
      /** For messages. */
      readonly path: string;
      readonly files: readonly string[];
      /** Changes when one of the files does. */
      readonly identity: readonly string[];
    };

/** Where OSV publishes an archive for each ecosystem (google.github.io/osv.dev/data). */
const published = 'https://osv-vulnerabilities.storage.googleapis.com';

/**
 * Finds the database that `PTP_OSV` or ptp.yaml names (a path is seen from the project's folder), or else OSV's own.
 * Throws UserMistake where there is no such file or folder, or nothing in it.
 */
export async function findDatabase(
  named: string | undefined,
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<DatabasePlace> {
  const said = env.PTP_OSV || named;
  if (said === undefined) return { kind: 'remote', url: published };
  if (/^https?:\/\//.test(said)) return { kind: 'remote', url: said.replace(/\/+$/, '') };
  const path = resolve(folder, said);
  const where = env.PTP_OSV ? { key: 'PTP_OSV' } : { key: 'vulnerabilities.database' };
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    throw new UserMistake({
      what: `there is no database of vulnerabilities at ${path}`,
      where,
      next: 'Name a folder or a file with entries in the format of OSV, the address of a mirror, or nothing.',
    });
  }
  const files = found.isDirectory() ? await databaseFiles(path) : [path];
  if (files.length === 0 || files.length > limits.advisories.files.most) {
    throw new UserMistake({
      what: `${path} has ${files.length} files that may be entries or archives of OSV`,
      where,
      next: 'Name a folder with .zip or .json files, or with folders of such files for each ecosystem. Pack what are many.',
    });
  }
  const identity = await Promise.all(files.map(async (file) => `${file} ${await fileIdentity(file)}`));
  return { kind: 'local', path, files, identity };
}

/** Archives and entries in a folder, and in the folders in it, as a mirror of OSV has them. */
async function databaseFiles(folder: string): Promise<readonly string[]> {
  const isPart = (name: string) => /\.(?:zip|json)$/.test(name);
  const entries = await readdir(folder, { withFileTypes: true });
  const inner = entries
    .filter((entry) => entry.isDirectory())
    .map(async ({ name }) => {
      const names = await readdir(join(folder, name));
      return names.filter(isPart).map((one) => join(folder, name, one));
    });
  const own = entries.filter((entry) => entry.isFile() && isPart(entry.name));
  return [...own.map(({ name }) => join(folder, name)), ...(await Promise.all(inner)).flat()].toSorted();
}
