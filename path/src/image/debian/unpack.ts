import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { StepFailed } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import type { LayerEntry } from '../layer.ts';
import { type ArMember, arMembers } from './ar.ts';
import { entryPath, linkTarget } from './archive-path.ts';
import { decompress } from './decompress.ts';

/** A file of a package. */
export type PackageFile = Extract<LayerEntry, { kind: 'file' }> & {
  /** The bytes from `offset`, at most `length` of them. */
  readonly at: (offset: number, length: number) => Promise<Uint8Array>;
};
/** An entry of a package's archive, at the path that the package gives it. */
export type PackageEntry = PackageFile | Exclude<LayerEntry, { kind: 'file' }>;

/** A package that was taken apart. Its files' bytes are there as long as the folder it was unpacked in. */
export interface UnpackedPackage {
  /** The text of its `control` file. */
  readonly control: string;
  /** The text of its `md5sums` file; empty where it has none. */
  readonly checksums: string;
  readonly entries: readonly PackageEntry[];
}

const mostControl = 16 << 20;
const mostData = 2 ** 31;
const mostEntries = 100_000;
const smallFile = 64 << 10;

/**
 * Takes a package (deb(5)) apart. `keep` tells which paths of its archive are wanted. Large files are left in
 * `folder`, small ones stay in memory. Nothing of the package is run.
 * Throws StepFailed where the package is damaged, is too large, leaves its root, or has devices in it.
 */
export async function unpack(
  context: Context,
  deb: string,
  folder: string,
  keep: (path: string) => boolean,
): Promise<UnpackedPackage> {
  try {
    const file = await open(deb);
    try {
      const members = await arMembers(file);
      if (members[0]?.name !== 'debian-binary') throw new SyntaxError('this is no Debian package');
      const control = memberOf(members, 'control.tar');
      const data = memberOf(members, 'data.tar');
      const texts = await member(context, file, control, mostControl, folder, (path) =>
        /^(?:control|md5sums)$/u.test(path),
      );
      const entries = await member(context, file, data, mostData, folder, keep);
      const text = async (name: string) => {
        const found = texts.find(({ path }) => path === name);
        return found?.kind === 'file' ? Buffer.from(await found.at(0, found.size)).toString('utf8') : '';
      };
      return { control: await text('control'), checksums: await text('md5sums'), entries };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new StepFailed({ what: `a package can't be unpacked: ${error.message}`, where: { file: deb } });
  }
}

function memberOf(members: readonly ArMember[], stem: string): ArMember {
  const found = members.find(({ name }) => name === stem || name.startsWith(`${stem}.`));
  if (found === undefined) throw new SyntaxError(`it has no ${stem}`);
  if (!/^\w+\.tar(?:\.(?:xz|gz|zst))?$/u.test(found.name))
    throw new SyntaxError(`${found.name} is compressed in an unknown way`);
  return found;
}

async function member(
  context: Context,
  file: FileHandle,
  { name, offset, size }: ArMember,
  limit: number,
  folder: string,
  keep: (path: string) => boolean,
): Promise<readonly PackageEntry[]> {
  const scratch = join(folder, randomUUID());
  await mkdir(scratch, { recursive: true });
  const path = join(scratch, 'member');
  const part = file.createReadStream({ start: offset, end: offset + size - 1, autoClose: false });
  await pipeline(part, createWriteStream(path));
  const tar = await decompress(context, { path, name, limit }, scratch);
  if (tar !== path) await rm(path);
  return readTar(tar, keep);
}

/** Reads the headers of an archive on disk and the small files that are wanted; large ones stay in it. */
async function readTar(tar: string, keep: (path: string) => boolean): Promise<readonly PackageEntry[]> {
  const archive = extract();
  const entries: PackageEntry[] = [];
  const reading = (async () => {
    let count = 0;
    for await (const entry of archive) {
      count += 1;
      if (count > mostEntries) throw new SyntaxError(`it has more than ${mostEntries} files`);
      const path = entryPath(entry.header.name);
      const read = await readEntry(tar, path, entry, keep);
      if (read !== undefined && path !== '' && keep(path)) entries.push(read);
      entry.resume();
    }
  })();
  const feeding = (async () => {
    for await (const chunk of createReadStream(tar, { highWaterMark: 1 << 18 })) {
      if (!archive.write(chunk)) await Promise.race([once(archive, 'drain'), reading]);
      if (archive.destroyed) return;
    }
    archive.end(null);
  })();
  await Promise.all([reading, feeding]);
  return entries;
}

/** `offset` is where its header is in the archive; its bytes follow. */
type Entry = AsyncIterable<unknown> & { readonly header: Header; readonly offset: number };

const headerSize = 512;

/** Everything is checked, whether it is wanted or not. */
async function readEntry(
  tar: string,
  path: string,
  entry: Entry,
  keep: (path: string) => boolean,
): Promise<PackageEntry | undefined> {
  const { header } = entry;
  const common = { path, mode: header.mode & 0o7777, uid: header.uid, gid: header.gid };
  switch (header.type) {
    case 'directory':
      return { ...common, kind: 'folder' };
    case 'symlink':
      return { ...common, kind: 'symlink', target: linkTarget(path, header.linkname) };
    case 'link':
      return { ...common, kind: 'hardlink', target: entryPath(header.linkname) };
    case 'file':
    case 'contiguous-file': {
      const body = header.size > smallFile ? onDisk(tar, entry.offset + headerSize, header.size) : undefined;
      if (body === undefined && !keep(path)) return undefined;
      return { ...common, kind: 'file', size: header.size, ...(body ?? (await inMemory(entry))) };
    }
    default:
      throw new SyntaxError(
        `${header.name} is a ${header.type}; a package has only files, folders and links`,
      );
  }
}

type Body = Pick<PackageFile, 'content' | 'at'>;

async function inMemory(entry: Entry): Promise<Body> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry) chunks.push(chunk as Uint8Array);
  const bytes = Buffer.concat(chunks);
  return { content: () => bytes, at: async (offset, length) => bytes.subarray(offset, offset + length) };
}

function onDisk(tar: string, start: number, size: number): Body {
  return {
    content: () => createReadStream(tar, { start, end: start + size - 1, highWaterMark: 1 << 18 }),
    at: async (offset, length) => {
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
      const file = await open(tar);
      try {
        const { bytesRead } = await file.read(bytes, 0, bytes.byteLength, start + offset);
        return bytes.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    },
  };
}
