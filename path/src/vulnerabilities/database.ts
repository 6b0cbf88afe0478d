import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { StepFailed } from '../core/failure.ts';
import { oneLine } from '../core/one-line.ts';
import type { Context } from '../effects/context.ts';
import { temporaryName } from '../effects/temporary.ts';
import { digestHex, digestOf } from '../oci/digest.ts';
import { canonicalJson } from '../oci/json.ts';
import { readSealed, sealedEnding, writeSealed } from '../oci/sealed.ts';
import type { Advisory } from './advisory.ts';
import { type About, aboutIndex, findIn, makeIndex } from './index-files.ts';
import type { DatabasePlace } from './place.ts';

/** Raise it when an index of the same files shall have another content. */
const edition = 1;

/** How often an address is asked for something newer, and again after it could not be reached; milliseconds. */
const askEvery = 6 * 60 * 60 * 1000;
const tryEvery = 60 * 60 * 1000;

/** A database of vulnerabilities that can be asked. */
export interface Database {
  /** Changes when its content does. */
  readonly key: string;
  /** How old what it knows is: its newest entry, or when its address last said that there is nothing newer. */
  readonly date?: Date;
  /** Why parts of it could not be renewed. */
  readonly stale: readonly string[];
  /** Ecosystems that it knows nothing of, and why. */
  readonly missing: readonly { readonly ecosystem: string; readonly why: string }[];
  /** Documents in it that were not understood. */
  readonly notRead: number;
  /** The advisories about packages, by their keys (`packageKey`). */
  find(keys: ReadonlySet<string>): Promise<ReadonlyMap<string, readonly Advisory[]>>;
}

/**
 * Opens a database for some ecosystems: indexes it where that was not done for these files before, and asks an address
 * for something newer every six hours. Throws StepFailed where there is none for any of them.
 */
export async function openDatabase(
  context: Context,
  place: DatabasePlace,
  ecosystems: readonly string[],
): Promise<Database> {
  const { parts, failed } =
    place.kind === 'local'
      ? { parts: [await localPart(context, place, ecosystems)], failed: [] }
      : await remoteParts(context, place.url, ecosystems);
  const known = new Set(parts.flatMap(({ about }) => about.ecosystems));
  const silent = ecosystems.filter(
    (one) => !known.has(one) && !failed.some(({ ecosystem }) => ecosystem === one),
  );
  const dates = parts.flatMap(({ date }) => (date === undefined ? [] : [date.getTime()]));
  return {
    key: keyOf(parts.map(({ folder }) => folder)),
    // As old as the oldest of its parts.
    ...(dates.length === 0 ? {} : { date: new Date(Math.min(...dates)) }),
    stale: parts.flatMap(({ stale }) => (stale === undefined ? [] : [stale])),
    missing: [...failed, ...silent.map((ecosystem) => ({ ecosystem, why: 'no entry is about one' }))],
    notRead: parts.reduce((sum, { about }) => sum + about.notRead, 0),
    async find(keys) {
      const found = new Map<string, readonly Advisory[]>();
      for (const part of parts) {
        const here = (await findIn(context, part.folder, keys)) ?? (await again(context, part, keys));
        for (const [key, advisories] of here) found.set(key, advisories);
      }
      return found;
    },
  };
}

interface Part {
  readonly folder: string;
  readonly about: About;
  readonly date?: Date;
  readonly stale?: string;
  /** Makes the index anew. */
  renew(): Promise<void>;
}

/** What an address has of each ecosystem. Throws the first failure where it has nothing of any. */
async function remoteParts(context: Context, url: string, ecosystems: readonly string[]) {
  const results = await Promise.allSettled(ecosystems.map((one) => remotePart(context, url, one)));
  const parts = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = results.flatMap((result, index) => {
    if (result.status === 'fulfilled') return [];
    if (parts.length === 0 || !(result.reason instanceof StepFailed)) throw result.reason;
    return [{ ecosystem: ecosystems[index] ?? '', why: result.reason.message }];
  });
  return { parts, failed };
}

async function again(context: Context, part: Part, keys: ReadonlySet<string>) {
  await rm(part.folder, { recursive: true, force: true });
  await part.renew();
  const found = await findIn(context, part.folder, keys);
  if (found !== undefined) return found;
  throw new StepFailed({
    what: 'the index of vulnerabilities is damaged as soon as it is written',
    where: { file: part.folder },
    next: 'Check the disk.',
  });
}

async function localPart(
  context: Context,
  place: DatabasePlace & { readonly kind: 'local' },
  ecosystems: readonly string[],
): Promise<Part> {
  const wanted = ecosystems.toSorted();
  const folder = indexFolder(context, [place.identity, wanted]);
  const last = join(context.cache, 'osv', 'local', keyOf([place.path, wanted]) + sealedEnding);
  const renew = async () => {
    tell(context, `indexing ${place.path}`);
    await makeIndex(place.files, new Set(wanted), folder).catch((error) => unusable(error, place.path));
    // The index of what these files were before serves nobody any more.
    const before = await readSealed(last, () => {});
    if (typeof before === 'string' && before !== folder) await rm(before, { recursive: true, force: true });
    await writeSealed(last, folder);
  };
  const about = await aboutOrMade(context, folder, renew);
  const { newest } = about;
  return { folder, about, renew, ...(newest === undefined ? {} : { date: new Date(newest) }) };
}

const asked = z.object({
  /** When the address answered last; milliseconds. */
  answered: z.number().optional(),
  /** When it was last tried in vain, and why. */
  failed: z.object({ at: z.number(), why: z.string() }).optional(),
  etag: z.string().optional(),
  folder: z.string().optional(),
});
type Asked = Readonly<z.infer<typeof asked>>;

async function remotePart(context: Context, url: string, ecosystem: string): Promise<Part> {
  const file = join(context.cache, 'osv', 'asked', keyOf([url, ecosystem]) + sealedEnding);
  const read = asked.safeParse(await readSealed(file, () => {}));
  const known: Asked = read.success ? read.data : {};
  const now = context.clock.now().getTime();
  const about = known.folder === undefined ? undefined : await aboutIndex(context, known.folder);
  // A time in the future is that of a clock that was wrong.
  const recent = (at: number | undefined, time: number) => at !== undefined && at <= now && now - at < time;
  const fetchAnew = async (): Promise<Asked> => {
    const next = await fetchPart(context, { url, ecosystem, etag: about && known.etag, known, now });
    await writeSealed(file, next);
    return next;
  };
  const renew = async () => {
    const next = await fetchPart(context, { url, ecosystem, etag: undefined, known, now });
    await writeSealed(file, next);
  };
  if (about !== undefined && known.folder !== undefined) {
    if (recent(known.answered, askEvery)) return partOf(known.folder, about, known, renew);
    if (recent(known.failed?.at, tryEvery)) return partOf(known.folder, about, known, renew);
  } else if (recent(known.failed?.at, tryEvery)) {
    throw new StepFailed({ what: known.failed?.why ?? '' });
  }
  try {
    const next = await fetchAnew();
    const made = next.folder === undefined ? undefined : await aboutIndex(context, next.folder);
    if (next.folder === undefined || made === undefined) throw new Error('an index that was made is there');
    return partOf(next.folder, made, next, renew);
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    const next: Asked = { ...known, failed: { at: now, why: error.message } };
    await writeSealed(file, next);
    if (about === undefined || known.folder === undefined) throw error;
    return partOf(known.folder, about, next, renew);
  }
}

function partOf(folder: string, about: About, { answered, failed }: Asked, renew: () => Promise<void>): Part {
  const times = [about.newest, answered].filter((time) => time !== undefined);
  return {
    folder,
    about,
    renew,
    ...(times.length === 0 ? {} : { date: new Date(Math.max(...times)) }),
    ...(failed === undefined ? {} : { stale: failed.why }),
  };
}

async function fetchPart(
  context: Context,
  part: {
    readonly url: string;
    readonly ecosystem: string;
    readonly etag: string | undefined;
    readonly known: Asked;
    readonly now: number;
  },
): Promise<Asked> {
  const { url, ecosystem, etag, known, now } = part;
  const { download, shown } = await import('./download.ts');
  tell(context, `asking for vulnerabilities of ${ecosystem}`);
  const incoming = `${join(context.cache, 'osv', 'incoming', temporaryName('archive'))}.zip`;
  try {
    // Mirrors may have one archive of Debian for all of its releases.
    const names = [...new Set([ecosystem, ecosystem.split(':', 1)[0] ?? ecosystem])];
    for (const name of names) {
      const address = `${url}/${encodeURIComponent(name)}/all.zip`;
      const answer = await download(context, address, incoming, etag);
      if (answer.kind === 'absent') continue;
      if (answer.kind === 'unchanged') return { ...known, failed: undefined, answered: now };
      tell(context, `indexing vulnerabilities of ${ecosystem}`);
      const folder = indexFolder(context, [url, ecosystem, answer.etag ?? now]);
      await makeIndex([incoming], new Set([ecosystem]), folder).catch((error) =>
        unusable(error, shown(address)),
      );
      if (known.folder !== undefined && known.folder !== folder)
        await rm(known.folder, { recursive: true, force: true });
      return { answered: now, folder, ...(answer.etag === undefined ? {} : { etag: answer.etag }) };
    }
    throw new StepFailed({ what: `${shown(url)} has no vulnerabilities of ${ecosystem}` });
  } finally {
    await rm(incoming, { force: true });
  }
}

async function aboutOrMade(context: Context, folder: string, make: () => Promise<void>): Promise<About> {
  const there = await aboutIndex(context, folder);
  if (there !== undefined) return there;
  await make();
  const made = await aboutIndex(context, folder);
  if (made === undefined) throw new Error('an index that was made is there');
  return made;
}

function unusable(error: unknown, what: string): never {
  if (!(error instanceof SyntaxError)) throw error;
  throw new StepFailed(
    { what: oneLine(`${what} can't be read as a database of vulnerabilities: ${error.message}`) },
    { cause: error },
  );
}

function tell(context: Context, text: string): void {
  context.emit({ kind: 'progress', step: 'inspect', task: 'vulnerabilities', text });
}

function indexFolder(context: Context, inputs: unknown): string {
  return join(context.cache, 'osv', 'index', keyOf([edition, inputs]));
}

/** The sha256, in hexadecimal, of a value's canonical JSON. */
export function keyOf(value: unknown): string {
  return digestHex(digestOf(canonicalJson(value)));
}
