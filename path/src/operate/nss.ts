import { access, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Trusted } from '../cli/actions.ts';
import type { Outcome as Ended } from '../effects/processes.ts';

/** The certificate to be trusted: the name it is filed under, and a file with it. */
export interface Wanted {
  readonly name: string;
  readonly file: string;
}

/** A browser's list of whom it trusts (NSS, certutil(1)). */
export interface NssDatabase {
  /** The browser. */
  readonly name: string;
  readonly folder: string;
  readonly there: boolean;
}

/** The databases in a home: Chromium's, which can be made, and those of the profiles that Firefox has. */
export async function nssDatabases(home: string): Promise<readonly NssDatabase[]> {
  const shared = join(home, '.pki/nssdb');
  const profiles = ['.mozilla/firefox', 'snap/firefox/common/.mozilla/firefox'].map(async (path) => {
    const entries = await readdir(join(home, path)).catch(() => []);
    const found = await Promise.all(
      entries.map(async (entry): Promise<readonly NssDatabase[]> => {
        const folder = join(home, path, entry);
        return (await exists(join(folder, 'cert9.db'))) ? [{ name: 'Firefox', folder, there: true }] : [];
      }),
    );
    return found.flat();
  });
  const chromium = { name: 'Chromium', folder: shared, there: await exists(join(shared, 'cert9.db')) };
  return [chromium, ...(await Promise.all(profiles)).flat()];
}

/**
 * Makes a database trust the wanted certificate and none of the others whose names match.
 * @param certutil runs certutil on the database
 */
export async function trustInDatabase(
  certutil: (...args: readonly string[]) => Promise<Ended>,
  database: NssDatabase,
  own: RegExp,
  wanted: Wanted | undefined,
): Promise<Omit<Trusted['stores'][number], 'name'>> {
  if (!database.there) {
    if (wanted === undefined) return { change: 'unchanged' };
    await mkdir(database.folder, { recursive: true, mode: 0o700 });
    const made = await certutil('-N', '--empty-password');
    if (made.code !== 0) return { change: 'not-possible', next: made.stderr.trim() };
  }
  const listed = await certutil('-L');
  if (listed.code !== 0) return { change: 'not-possible', next: listed.stderr.trim() };
  // A nickname, then its trust attributes: `ptp-hello-0123abcd      C,,`
  const names = listed.stdout.split('\n').map((line) => line.replace(/\s+\S+\s*$/, ''));
  const outdated = names.filter((name) => own.test(name) && name !== wanted?.name);
  const missing = wanted !== undefined && !names.includes(wanted.name);
  for (const name of outdated) {
    const outcome = await certutil('-D', '-n', name);
    if (outcome.code !== 0) return { change: 'not-possible', next: outcome.stderr.trim() };
  }
  if (missing) {
    const outcome = await certutil('-A', '-t', 'C,,', '-n', wanted.name, '-i', wanted.file);
    if (outcome.code !== 0) return { change: 'not-possible', next: outcome.stderr.trim() };
    return { change: 'added' };
  }
  return { change: outdated.length > 0 ? 'removed' : 'unchanged' };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
