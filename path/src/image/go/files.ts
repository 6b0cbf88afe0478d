import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../../oci/digest.ts';
import { identityOf } from '../../oci/file-identity.ts';
import { embeds, isPackageFile } from './plan.ts';
import { decisivePart } from './source-text.ts';

/** A package whose files are on this machine and may change. */
export interface LocalPackage {
  /** The absolute path of its folder. */
  readonly folder: string;
  /** Those of its `//go:embed` lines. */
  readonly patterns: readonly string[];
}

/** A file as it was read. */
export interface SeenFile {
  /** What tells the file from a later one; absent where it is not there, or changed too late for its times to tell. */
  readonly identity?: string;
  /** The sha256 of its content in hexadecimal; empty where there is none. */
  readonly sha256: string;
  /** Changes where the list of packages may: a name for `decisivePart`, or for all of go.mod and its like. */
  readonly decisive: string;
}

/** Files by their absolute path. */
export type SeenFiles = Readonly<Record<string, SeenFile>>;

/** The moment, in nanoseconds, before which a file has changed that can't change again without its times telling. */
export function settledBefore(): bigint {
  const settled = 100; // milliseconds, as in source-tree.ts
  return BigInt(Date.now() - settled) * 1_000_000n;
}

/**
 * Reads what packages may be compiled from, and the files that decide about modules, there or not. Contents are read
 * only where a file is not the one of `before`. What changed after `limit` has no identity. Undefined where a package's folder is gone.
 */
export async function readFiles(
  packages: readonly LocalPackage[],
  moduleFiles: readonly string[],
  before: SeenFiles,
  limit = settledBefore(),
): Promise<SeenFiles | undefined> {
  try {
    const paths = await Promise.all(packages.map(filesOf));
    const seen = [
      ...paths.flat().map(async (path) => [path, await see(path, before, limit, decisivePart)] as const),
      ...moduleFiles.map(async (path) => [path, await see(path, before, limit, (text) => text)] as const),
    ];
    return Object.fromEntries((await Promise.all(seen)).sort(([one], [other]) => (one < other ? -1 : 1)));
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Whether files are the same by content. Pure. */
export function sameFiles(one: SeenFiles, other: SeenFiles): boolean {
  const paths = Object.keys(one);
  return (
    paths.length === Object.keys(other).length &&
    paths.every((path) => one[path]?.sha256 === other[path]?.sha256)
  );
}

async function filesOf({ folder, patterns }: LocalPackage): Promise<readonly string[]> {
  const embedded = embeds(patterns);
  async function visit(above: string): Promise<readonly string[]> {
    const entries = await readdir(join(folder, above), { withFileTypes: true });
    const found = entries.map(async (entry) => {
      const path = above + entry.name;
      if (entry.isDirectory()) return embedded(`${path}/`) ? visit(`${path}/`) : [];
      return (above === '' && isPackageFile(entry.name)) || embedded(path) ? [join(folder, path)] : [];
    });
    return (await Promise.all(found)).flat();
  }
  return visit('');
}

const nothing: SeenFile = { sha256: '', decisive: '' };

async function see(
  path: string,
  before: SeenFiles,
  limit: bigint,
  decisive: (text: string) => string,
): Promise<SeenFile> {
  try {
    // Of what a link leads to: that is what is compiled.
    const found = await stat(path, { bigint: true });
    const identity = identityOf(found);
    if (!found.isFile()) return nothing;
    const known = before[path];
    if (known?.identity === identity) return known;
    const bytes = await readFile(path);
    const sha256 = digestOf(bytes).slice('sha256:'.length);
    const name =
      path.endsWith('.go') || decisive !== decisivePart ? digestOf(decisive(bytes.toString())).slice(7) : '';
    return { ...(found.ctimeNs < limit ? { identity } : {}), sha256, decisive: name };
  } catch (error) {
    // Go says better what is wrong with a file that it needs and nobody may read.
    if (isGone(error) || (error as NodeJS.ErrnoException).code === 'EACCES') return nothing;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
