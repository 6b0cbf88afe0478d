import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileIdentity } from '../../path/src/oci/file-identity.ts';

/** What happens to files of a cache: on full disks, after a power cut, by people, by disks that lose bytes. */
export const ways = {
  'cut in half': (file: string) => truncateSync(file, lstatSync(file).size >> 1),
  'without content': (file: string) => truncateSync(file, 0),
  'with another bit': (file: string) => rewrite(file, (bytes) => flip(bytes, bytes.length >> 1)),
  'with another first bit': (file: string) => rewrite(file, (bytes) => flip(bytes, 0)),
  'of zeros': (file: string) => rewrite(file, (bytes) => Buffer.alloc(bytes.length)),
  'with more at its end': (file: string) =>
    rewrite(file, (bytes) => Buffer.concat([bytes, Buffer.from('{}')])),
  gone: (file: string) => rmSync(file),
} satisfies Readonly<Record<string, (file: string) => void>>;
export type Way = keyof typeof ways;

/** The files of a cache, relative to it, sorted. */
export function cacheFiles(cache: string): readonly string[] {
  // Not by a recursive readdir, which follows links.
  const visit = (above: string): string[] =>
    readdirSync(join(cache, above), { withFileTypes: true }).flatMap((entry) => {
      const path = join(above, entry.name);
      return entry.isDirectory() ? visit(path) : entry.isFile() ? [path] : [];
    });
  return visit('').sort();
}

/** Puts back what is not as it was in a copy of the cache that was made before. */
export function restore(cache: string, copy: string): void {
  for (const file of cacheFiles(copy)) {
    const [now, before] = [join(cache, file), join(copy, file)];
    if (existsSync(now) && readFileSync(now).equals(readFileSync(before))) continue;
    mkdirSync(dirname(now), { recursive: true });
    copyFileSync(before, now);
  }
}

/** Changes a blob's bytes, and nothing that its file's size, times or inode would tell. */
export async function rot(cache: string, blob: string): Promise<void> {
  ways['with another bit'](join(cache, blob));
  const note = join(cache, 'stat/blobs', blob.slice(blob.lastIndexOf('/') + 1));
  writeFileSync(note, (await fileIdentity(join(cache, blob))) ?? '');
}

function rewrite(file: string, change: (bytes: Buffer) => Uint8Array): void {
  writeFileSync(file, change(readFileSync(file)));
}

function flip(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  if (changed.length > 0) changed[at] = (changed[at] ?? 0) ^ 4;
  return changed;
}
