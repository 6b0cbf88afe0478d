import { createReadStream } from 'node:fs';
import { lstat, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, digestOfStream } from './digest.ts';
import { identityOf } from './file-identity.ts';
import { filesBelow } from './files-below.ts';
import { readSealed, sealedEnding, writeSealed } from './sealed.ts';

/** What a folder of the cache is found to be. */
export type FolderState = 'whole' | 'absent' | 'damaged';

/** A file with the digest of its content, or a link with where it leads. */
type Entry =
  | { readonly size: number; readonly sha256: string; readonly executable?: boolean }
  | { readonly link: string };
type Entries = Readonly<Record<string, Entry>>;

/** When files were last hashed: at which start of the machine, and what they looked like then. */
interface Look {
  readonly boot: string;
  /** The digest of what is known of them. */
  readonly known: string;
  readonly identities: Readonly<Record<string, string>>;
}

const digestsName = 'DIGESTS.json';
const lookName = `hashed${sealedEnding}`;
const atOnce = 64;

/** Writes into a folder what is in it, so that `folderState` can tell whether it still is. */
export async function keepDigests(folder: string): Promise<void> {
  const entries: Record<string, Entry> = {};
  const identities: Record<string, string> = {};
  for (const { path } of await filesBelow(folder)) {
    const at = join(folder, path);
    identities[path] = identityOf(await lstat(at, { bigint: true }));
    entries[path] = await entryAt(at);
  }
  const text = JSON.stringify(entries);
  await writeFile(join(folder, digestsName), text);
  await keepLook(folder, { boot: await boot(), known: digestOf(text), identities });
}

/**
 * Whether a folder holds all that `keepDigests` has seen; what else lies there is not looked at. Files are hashed once
 * after each start of the machine, and those that do not look as they did then; otherwise size, times and inodes are
 * compared, which is quick.
 */
export async function folderState(folder: string): Promise<FolderState> {
  const text = await readFile(join(folder, digestsName), 'utf8').catch(() => undefined);
  if (text === undefined) return 'absent';
  const entries = parsed(text);
  if (entries === undefined) return 'damaged';
  const looked = (await readSealed(join(folder, lookName), () => {})) as Look | undefined;
  const known = digestOf(text);
  const now = await boot();
  const trusted = looked?.boot === now && looked.known === known ? looked.identities : {};
  const identities: Record<string, string> = {};
  const check = async ([path, expected]: [string, Entry]) => {
    const at = join(folder, path);
    const identity = await lstat(at, { bigint: true }).then(identityOf, () => undefined);
    if (identity === undefined) return false;
    identities[path] = identity;
    if (trusted[path] === identity) return true;
    const actual = await entryAt(at).catch(() => undefined);
    return actual !== undefined && isSame(actual, expected);
  };
  const waiting = Object.entries(entries).values();
  const worker = async () => {
    for (const entry of waiting) if (!(await check(entry))) return false;
    return true;
  };
  const ended = await Promise.all(Array.from({ length: atOnce }, worker));
  if (ended.includes(false)) return 'damaged';
  const same = Object.entries(identities).every(([path, identity]) => trusted[path] === identity);
  if (!same) await keepLook(folder, { boot: now, known, identities });
  return 'whole';
}

async function keepLook(folder: string, look: Look): Promise<void> {
  await writeSealed(join(folder, lookName), look);
}

/** A name for this start of the machine; empty where the system tells none. */
async function boot(): Promise<string> {
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
}

async function entryAt(path: string): Promise<Entry> {
  const found = await lstat(path);
  if (found.isSymbolicLink()) return { link: await readlink(path) };
  const { digest, size } = await digestOfStream(createReadStream(path));
  return { size, sha256: digest.slice('sha256:'.length), executable: (found.mode & 0o100) !== 0 };
}

function isSame(actual: Entry, expected: Entry): boolean {
  if ('link' in actual || 'link' in expected)
    return 'link' in actual && 'link' in expected && actual.link === expected.link;
  // Folders that an earlier version kept do not say what may be run.
  const { executable = actual.executable } = expected;
  return actual.sha256 === expected.sha256 && actual.executable === executable;
}

function parsed(text: string): Entries | undefined {
  try {
    const entries: unknown = JSON.parse(text);
    if (typeof entries !== 'object' || entries === null) return undefined;
    const all: readonly unknown[] = Object.values(entries);
    const whole = all.every((one) => typeof one === 'object' && one !== null);
    return whole && all.length > 0 ? (entries as Entries) : undefined;
  } catch {
    return undefined;
  }
}
