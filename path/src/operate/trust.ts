import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Trusted } from '../cli/actions.ts';
import type { Context } from '../effects/context.ts';
import type { Project } from '../project/project.ts';
import { type NssDatabase, nssDatabases, trustInDatabase, type Wanted } from './nss.ts';

type Store = Trusted['stores'][number];

/** Where this machine keeps whom it trusts. */
export interface TrustPlaces {
  /** The folder that update-ca-certificates(8) reads. */
  readonly machine: string;
  /** Whether this user may write there. */
  readonly root: boolean;
  readonly home: string;
}

const here = (): TrustPlaces => ({
  machine: '/usr/local/share/ca-certificates',
  root: process.getuid?.() === 0,
  home: homedir(),
});

/** What a person is to know of one store: what changed there, or why nothing can. */
type Outcome = Omit<Store, 'name'>;

/**
 * Makes this machine and the user's browsers trust a project's own certificate authority, or no more. Only on
 * request: an authority that is trusted can vouch for any name it is not constrained from. An authority that the
 * project had before (its data was taken away since) is trusted no longer.
 * @param authority the authority's certificate, PEM; not needed to remove
 */
export async function trust(
  context: Context,
  project: Project,
  authority: string | undefined,
  places: TrustPlaces = here(),
): Promise<Trusted> {
  const name = authority === undefined ? undefined : `ptp-${project.name}-${shortHash(authority)}`;
  const own = new RegExp(`^ptp-${project.name}-[0-9a-f]{8}$`);
  const file = join(context.cache, `${name}.crt`);
  await mkdir(context.cache, { recursive: true });
  const outdated = await certificates(context.cache, own, name);
  await Promise.all(outdated.map((each) => rm(join(context.cache, `${each}.crt`), { force: true })));
  if (authority !== undefined) await writeFile(file, authority, { mode: 0o644 });
  const wanted = name === undefined ? undefined : { name, file };
  return {
    stores: [
      { name: 'this machine', ...(await machine(context, places, own, wanted)) },
      ...(await browsers(context, places, own, wanted)),
      ...(wanted === undefined ? [] : [nodeHint(file)]),
    ],
  };
}

function nodeHint(file: string): Store {
  const next = `Node.js keeps a list of its own: set NODE_EXTRA_CA_CERTS=${file}.`;
  return { name: 'Node.js', change: 'not-possible', next };
}

/** The machine's own store: curl, git, Python and most else (update-ca-certificates(8)). */
async function machine(
  context: Context,
  { machine: folder, root }: TrustPlaces,
  own: RegExp,
  wanted: Wanted | undefined,
): Promise<Outcome> {
  const outdated = await certificates(folder, own, wanted?.name);
  const path = join(folder, `${wanted?.name}.crt`);
  const text = wanted === undefined ? undefined : await readFile(wanted.file, 'utf8');
  const missing = text !== undefined && (await readFile(path, 'utf8').catch(() => undefined)) !== text;
  if (outdated.length === 0 && !missing) return { change: 'unchanged' };
  const update = await context.processes.find('update-ca-certificates');
  if (update === undefined) return { change: 'not-possible', next: 'Install the package ca-certificates.' };
  if (!root) return { change: 'not-possible', next: 'Run it as root.' };
  for (const each of outdated) await rm(join(folder, `${each}.crt`), { force: true });
  if (missing) {
    await mkdir(folder, { recursive: true });
    await writeFile(path, text, { mode: 0o644 });
  }
  // Without --fresh what is gone from the folder would stay in the store.
  const args = outdated.length > 0 ? ['--fresh'] : [];
  const outcome = await context.processes.run({ program: update, args });
  if (outcome.code !== 0) return { change: 'not-possible', next: outcome.stderr.trim() };
  return { change: missing ? 'added' : 'removed' };
}

/** The stores of Chromium and Firefox on Linux: NSS databases in the user's home. */
async function browsers(
  context: Context,
  { home }: TrustPlaces,
  own: RegExp,
  wanted: Wanted | undefined,
): Promise<readonly Store[]> {
  const databases = await nssDatabases(home);
  const certutil = await context.processes.find('certutil');
  if (certutil === undefined) {
    const next = 'Install the package libnss3-tools.';
    return [...new Set(databases.map(({ name }) => name))].map((name) => ({
      name,
      change: 'not-possible',
      next,
    }));
  }
  const run = (database: NssDatabase, ...args: readonly string[]) =>
    context.processes.run({ program: certutil, args: ['-d', `sql:${database.folder}`, ...args] });
  const stores: Store[] = [];
  for (const database of databases) {
    const outcome = await trustInDatabase((...args) => run(database, ...args), database, own, wanted);
    stores.push({ name: database.name, ...outcome });
  }
  return stores;
}

/** Names of a project's certificates in a folder, without the one that stays. */
async function certificates(
  folder: string,
  own: RegExp,
  stays: string | undefined,
): Promise<readonly string[]> {
  const entries = await readdir(folder).catch(() => []);
  return entries
    .filter((entry) => entry.endsWith('.crt'))
    .map((entry) => entry.slice(0, -'.crt'.length))
    .filter((name) => own.test(name) && name !== stays);
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
