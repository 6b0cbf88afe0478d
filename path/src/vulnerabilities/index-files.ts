import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { limits } from '../core/limits.ts';
import type { Context } from '../effects/context.ts';
import { temporaryName } from '../effects/temporary.ts';
import { tellDamage } from '../oci/damage.ts';
import { digestOf } from '../oci/digest.ts';
import { replaceFolder } from '../oci/replace-folder.ts';
import { readSealed, sealedEnding, writeSealed } from '../oci/sealed.ts';
import type { Advisory } from './advisory.ts';

/** What an index says of itself. */
export interface About {
  /** When the newest entry was changed, in milliseconds; absent where there is none. */
  readonly newest?: number;
  readonly entries: number;
  /** Documents that are no entries of OSV. */
  readonly notRead: number;
  /** The files that it has. */
  readonly parts: readonly number[];
  /** Of the wanted ecosystems, those that it has an entry about. */
  readonly ecosystems: readonly string[];
}

const shards = 64;
const about = z.object({
  newest: z.number().optional(),
  entries: z.number(),
  notRead: z.number(),
  parts: z.array(z.number()),
  ecosystems: z.array(z.string()),
});

/** What an index in a folder says of itself; undefined where there is none, or it is damaged. */
export async function aboutIndex(context: Context, folder: string): Promise<About | undefined> {
  const read = about.safeParse(await readPart(context, folder, 'about'));
  if (!read.success) return undefined;
  const { newest, ...others } = read.data;
  return { ...others, ...(newest === undefined ? {} : { newest }) };
}

/**
 * Makes an index of OSV's documents (.json, or many in a .zip): for each package of the wanted ecosystems what it takes
 * to match it, in 64 files by the packages' names. Throws SyntaxError where a file can't be read as what it is.
 */
export async function makeIndex(
  files: readonly string[],
  ecosystems: ReadonlySet<string>,
  folder: string,
): Promise<void> {
  // Brings the arithmetic of CVSS, which nobody needs who has the index.
  const [{ readEntry }, { documentsIn }] = await Promise.all([import('./advisory.ts'), import('./zip.ts')]);
  const parts = Array.from({ length: shards }, () => new Map<string, Advisory[]>());
  let [entries, notRead] = [0, 0];
  let newest: number | undefined;
  const seen = new Set<string>();
  for (const file of files) {
    for await (const document of file.endsWith('.zip') ? documentsIn(file) : single(file)) {
      const entry = readEntry(jsonOf(document), ecosystems);
      if (entry === undefined) notRead += 1;
      else entries += 1;
      const { modified, affected = [] } = entry ?? {};
      if (modified !== undefined) newest = Math.max(newest ?? 0, modified.getTime());
      for (const [key, advisory] of affected) {
        seen.add(key.slice(0, key.indexOf(' ')));
        const part = parts[shardOf(key)];
        const there = part?.get(key);
        if (there === undefined) part?.set(key, [advisory]);
        else there.push(advisory);
      }
    }
  }
  if (entries === 0) throw new SyntaxError('nothing in it is an entry of OSV');
  const incoming = temporaryName(folder);
  try {
    await mkdir(incoming, { recursive: true });
    for (const [index, part] of parts.entries()) {
      if (part.size > 0) await writeSealed(partFile(incoming, String(index)), [...part]);
    }
    const filled = [...parts.keys()].filter((index) => (parts[index]?.size ?? 0) > 0);
    const said: About = {
      entries,
      notRead,
      parts: filled,
      ecosystems: [...seen],
      ...(newest === undefined ? {} : { newest }),
    };
    await writeSealed(partFile(incoming, 'about'), said);
    await replaceFolder(folder, incoming);
  } finally {
    await rm(incoming, { recursive: true, force: true });
  }
}

/** The advisories about packages, by their keys (`packageKey`); undefined where the index is damaged. */
export async function findIn(
  context: Context,
  folder: string,
  keys: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly Advisory[]> | undefined> {
  const said = await aboutIndex(context, folder);
  if (said === undefined) return undefined;
  const found = new Map<string, readonly Advisory[]>();
  const wanted = new Set([...keys].map(shardOf));
  for (const index of said.parts.filter((part) => wanted.has(part))) {
    // Written by makeIndex and sealed, so it has the form that was written.
    const part = (await readPart(context, folder, String(index))) as [string, Advisory[]][] | undefined;
    if (part === undefined) return undefined;
    for (const [key, advisories] of part) if (keys.has(key)) found.set(key, advisories);
  }
  return found;
}

async function readPart({ emit }: Context, folder: string, name: string): Promise<unknown> {
  const file = partFile(folder, name);
  return readSealed(file, () => tellDamage(emit, 'the index of vulnerabilities', file, 'inspect'));
}

function partFile(folder: string, name: string): string {
  return join(folder, name + sealedEnding);
}

function shardOf(key: string): number {
  return Number.parseInt(digestOf(key).slice(-2), 16) % shards;
}

async function* single(file: string): AsyncGenerator<Uint8Array> {
  const { size } = await stat(file);
  if (size > limits.advisories.entry.most) throw new SyntaxError(`it has ${size} bytes`);
  yield await readFile(file);
}

function jsonOf(document: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(document.buffer, document.byteOffset, document.length).toString('utf8'));
  } catch {
    return undefined;
  }
}
