import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { StepFailed } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { oneLine } from '../../core/one-line.ts';
import type { Context } from '../../effects/context.ts';

import type { LayerEntry } from '../layer.ts';
import { type ReadArchive, type TarEntry, tarEntries } from '../tar/entries.ts';
import { windowed } from '../tar/windowed.ts';
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

/** A package's file, and what it is called in messages. */
export interface PackageSource {
  readonly name: string;
  readonly path: string;
}

const smallFile = 64 << 10;
const largestOwner = 0o777777; // what layers have room for

/**
 * Takes a package (deb(5)) apart. `keep` tells which paths of its archive are wanted. Large files are left in
 * `folder`, small ones stay in memory. Nothing of the package is run, and nothing is written but below `folder`, where
 * nothing is left of a package that is refused.
 * Throws StepFailed where the package is damaged, is too large (`limits.archive`), leaves its root, or has devices in
 * it.
 */
export async function unpack(
  context: Context,
  deb: PackageSource,
  folder: string,
  keep: (path: string) => boolean,
): Promise<UnpackedPackage> {
  const scratch = join(folder, randomUUID());
  try {
    const file = await open(deb.path);
    try {
      const members = await arMembers(file);
      if (members[0]?.name !== 'debian-binary') throw new SyntaxError('this is no Debian package');
      const control = memberOf(members, 'control.tar');
      const data = memberOf(members, 'data.tar');
      const { control: mostControl, bytes: mostBytes } = limits.archive;
      const within = { context, file, scratch };
      const texts = await member(within, control, mostControl.most, (path) =>
        /^(?:control|md5sums)$/u.test(path),
      );
      const entries = await member(within, data, mostBytes.most, keep);
      const text = async (name: string) => {
        const found = texts.findLast(({ path }) => path === name);
        return found?.kind === 'file'
          ? Buffer.from(await found.at(0, found.size)).toString('utf8')
          : undefined;
      };
      const fields = await text('control');
      if (fields === undefined) throw new SyntaxError('it has no control file');
      return { control: fields, checksums: (await text('md5sums')) ?? '', entries };
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(scratch, { recursive: true, force: true });
    if (error instanceof SyntaxError) throw refused(deb, error.message, error);
    if (error instanceof StepFailed)
      throw refused(deb, error.problems.map(({ what }) => what).join('; '), error);
    throw error;
  }
}

function refused({ name, path }: PackageSource, why: string, cause: Error): StepFailed {
  return new StepFailed(
    {
      what: oneLine(`the package ${name} can't be unpacked: ${why}`, 500),
      where: { file: path },
      next: 'Use another mirror (PTP_DEBIAN_MIRROR) or another package. Nothing of it was used.',
    },
    { cause },
  );
}

function memberOf(members: readonly ArMember[], stem: string): ArMember {
  const found = members.find(({ name }) => name === stem || name.startsWith(`${stem}.`));
  if (found === undefined) throw new SyntaxError(`it has no ${stem}`);
  if (!/^\w+\.tar(?:\.(?:xz|gz|zst))?$/u.test(found.name))
    throw new SyntaxError(`${found.name} is compressed in an unknown way`);
  return found;
}

interface Within {
  readonly context: Context;
  readonly file: FileHandle;
  readonly scratch: string;
}

async function member(
  { context, file, scratch }: Within,
  { name, offset, size }: ArMember,
  limit: number,
  keep: (path: string) => boolean,
): Promise<readonly PackageEntry[]> {
  if (size === 0) throw new SyntaxError(`${name} is empty`);
  const own = join(scratch, name);
  await mkdir(own, { recursive: true });
  const path = join(own, 'member');
  const part = file.createReadStream({ start: offset, end: offset + size - 1, autoClose: false });
  await pipeline(part, createWriteStream(path));
  const tar = await decompress(context, { path, name, limit }, own);
  if (tar !== path) await rm(path);
  return readTar(tar, keep);
}

/** Reads the headers of an archive on disk and the small files that are wanted; large ones stay in it. */
async function readTar(tar: string, keep: (path: string) => boolean): Promise<readonly PackageEntry[]> {
  const file = await open(tar);
  try {
    const { size } = await file.stat();
    const at = windowed(file);
    const entries: PackageEntry[] = [];
    let room = limits.archive.inMemory.most;
    for await (const entry of tarEntries(at, size)) {
      // Everything is checked, whether it is wanted or not.
      const path = entryPath(entry.name);
      const common = { path, mode: entry.mode, uid: entry.uid, gid: entry.gid };
      const link = targetOf(path, entry);
      if (entry.uid > largestOwner || entry.gid > largestOwner)
        throw new SyntaxError(`${path} belongs to ${entry.uid}:${entry.gid}`);
      if ((entry.mode & 0o777) === 0 && (entry.kind === 'file' || entry.kind === 'folder'))
        throw new SyntaxError(`${path} may be read by nobody`);
      if (path === '' && entry.kind !== 'folder') throw new SyntaxError('its root is no folder');
      if (path === '' || !keep(path)) continue;
      if (link !== undefined) entries.push({ ...common, ...link });
      else if (entry.kind === 'folder') entries.push({ ...common, kind: 'folder' });
      else {
        const small = entry.size <= smallFile && entry.size <= room;
        if (small) room -= entry.size;
        const body = small ? await inMemory(at, entry) : onDisk(tar, entry);
        entries.push({ ...common, kind: 'file', size: entry.size, ...body });
      }
    }
    return entries;
  } finally {
    await file.close();
  }
}

type Link = Pick<Extract<LayerEntry, { kind: 'symlink' | 'hardlink' }>, 'kind' | 'target'>;

function targetOf(path: string, { kind, target }: TarEntry): Link | undefined {
  if (kind === 'symlink') return { kind, target: linkTarget(path, target) };
  if (kind === 'hardlink') return { kind, target: entryPath(target) };
  return undefined;
}

type Body = Pick<PackageFile, 'content' | 'at'>;

async function inMemory(at: ReadArchive, { offset, size }: TarEntry): Promise<Body> {
  // A copy: the window moves on, and would be kept whole.
  const bytes = Buffer.from(await at(offset, size));
  return { content: () => bytes, at: async (from, length) => bytes.subarray(from, from + length) };
}

function onDisk(tar: string, { offset: start, size }: TarEntry): Body {
  return {
    content: () => createReadStream(tar, { start, end: start + size - 1, highWaterMark: 1 << 18 }),
    at: async (offset, length) => {
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
      if (bytes.byteLength === 0) return bytes;
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
