import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { limits } from '../core/limits.ts';
import type { ImageContents } from '../core/package.ts';
import type { Context } from '../effects/context.ts';
import { tellDamage } from '../oci/damage.ts';
import { digestHex, digestOf } from '../oci/digest.ts';
import { readSealed, sealedEnding, writeSealed } from '../oci/sealed.ts';
import type { Hit } from './finding.ts';
import { hasBareValues } from './own-rules.ts';
import { readableText } from './readable.ts';

/** Raise it when the rules become others: every file is looked at once more then. */
export const edition = 1;

/** Hits in the sources of an image. */
export interface ScannedSources {
  readonly files: number;
  readonly read: number;
  readonly hits: readonly (Hit & { readonly file: string })[];
  /** The sha256 of what was searched, hexadecimal: not of what is gone or has changed since it was listed. */
  readonly searched: ReadonlySet<string>;
}

const hits = z.array(z.object({ rule: z.string(), line: z.number() }));
const memory = z.record(z.string(), hits);
type Memory = z.infer<typeof memory>;

/** Whether a source is for tests: a build may read it, but no image has it. */
export function isForTests(path: string): boolean {
  return /(?:^|\/)(?:tests?|__tests__)\/|\.(?:test|spec)\.[^/]*$/.test(path);
}

/** Links have where they lead instead of a sha256. */
function isSearched(path: string, sha256: string): boolean {
  return /^[0-9a-f]{64}$/.test(sha256) && !isForTests(path);
}

/** Searches the sources of an image, without those for tests. Files whose content was looked at before are not read. */
export async function scanSources(
  context: Context,
  { folder, files }: NonNullable<ImageContents['sources']>,
): Promise<ScannedSources> {
  const name = digestHex(digestOf(JSON.stringify([edition, folder])));
  const file = join(context.cache, 'credentials', 'sources', name + sealedEnding);
  const damaged = () => tellDamage(context.emit, 'what was seen of source files', file, 'inspect');
  const parsed = memory.safeParse(await readSealed(file, damaged));
  const known: Memory = parsed.success ? parsed.data : {};
  const next: Memory = {};
  const found: (Hit & { readonly file: string })[] = [];
  const searched = new Set<string>();
  let [count, read] = [0, 0];
  for (const [path, sha256] of Object.entries(files)) {
    if (!isSearched(path, sha256)) continue;
    count += 1;
    const key = hasBareValues(path) ? `${sha256} bare` : sha256;
    let there = known[key];
    if (there === undefined) {
      read += 1;
      const scanned = await scanFile(join(folder, path), path, sha256);
      there = [...scanned.hits];
      // One that has changed since it was listed is looked at again when it is listed again.
      if (scanned.sha256 === sha256) next[key] = there;
    } else next[key] = there;
    if (next[key] !== undefined) searched.add(sha256);
    found.push(...there.map((hit) => ({ ...hit, file: join(folder, path) })));
  }
  const same = read === 0 && Object.keys(next).length === Object.keys(known).length;
  if (!same) await writeSealed(file, next);
  return { files: count, read, hits: found, searched };
}

/** `expected`: the sha256 that the file had when it was listed. */
async function scanFile(
  file: string,
  path: string,
  expected: string,
): Promise<{ readonly sha256?: string; readonly hits: readonly Hit[] }> {
  const size = await stat(file).then(
    (found) => found.size,
    () => undefined,
  );
  if (size === undefined) return { hits: [] };
  if (size > limits.credentials.file.most) return { sha256: expected, hits: [] };
  const bytes = await readFile(file);
  const text = readableText(bytes);
  const { scanText } = await import('./scan-text.ts');
  return { sha256: digestHex(digestOf(bytes)), hits: text === undefined ? [] : await scanText(text, path) };
}
