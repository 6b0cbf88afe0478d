import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Closure } from './closure.ts';
import type { LockedPackage } from './lockfile.ts';
import { type PackageFile, packageFiles } from './package-archive.ts';

// All of them are in memory at once.
const mostBytes = 512 * 1024 * 1024;

/**
 * The files of a closure's packages, by their path in the lockfile, from the archives in npm's cache: without npm, whose
 * start alone takes longer, and without writing them to a folder first. Each archive is what the lockfile's integrity
 * says. Undefined where one is missing or out of the ordinary: then npm has to install them.
 * @param folder npm's cache
 */
export async function cachedPackages(
  folder: string,
  { packages }: Closure,
): Promise<ReadonlyMap<string, readonly PackageFile[]> | undefined> {
  if ([...packages.values()].some(npmDecides)) return undefined;
  // Looking at all of them costs little, and one that is missing makes the rest useless.
  const archives = await Promise.all(
    [...packages].map(async ([path, { integrity }]) => {
      return [path, await cachedArchive(folder, integrity)] as const;
    }),
  );
  let size = 0;
  for (const [, archive] of archives) {
    if (archive === undefined) return undefined;
    // A gzip file ends with the length of its content (RFC 1952, section 2.3.1).
    size += archive.byteLength < 18 ? mostBytes : archive.readUInt32LE(archive.byteLength - 4);
  }
  if (size > mostBytes) return undefined;
  const files = await Promise.all(
    archives.map(async ([path, archive]) => [path, await unpacked(archive, packages.get(path))] as const),
  );
  const all = new Map<string, readonly PackageFile[]>();
  for (const [path, found] of files) {
    if (found === undefined) return undefined;
    all.set(path, found);
  }
  return all;
}

/** npm leaves out optional packages that do not run on this Node.js; it reads all that can be said about that. */
function npmDecides({ optional, engines }: LockedPackage): boolean {
  if (optional !== true || engines === undefined) return false;
  if (typeof engines !== 'object' || engines === null || !Object.keys(engines).every((one) => one === 'node'))
    return true;
  const [, least] = /^>=\s*(\d+)(\.\d+){0,2}$/.exec(String(Object.values(engines)[0])) ?? [];
  return least === undefined || Number(least) >= Number(process.versions.node.split('.')[0]);
}

/** An archive by its integrity (Subresource Integrity), or undefined where the cache has it not, or not whole. */
async function cachedArchive(folder: string, integrity: string | undefined): Promise<Buffer | undefined> {
  const [algorithm = '', encoded = ''] = integrity?.split('-') ?? [];
  // More than one, or with options: rare.
  if (!/^sha(1|256|384|512)$/.test(algorithm) || !/^[A-Za-z0-9+/]+=*$/.test(encoded)) return undefined;
  const digest = Buffer.from(encoded, 'base64').toString('hex');
  // How npm's cache (cacache) files what it holds.
  const parts = [digest.slice(0, 2), digest.slice(2, 4), digest.slice(4)];
  const archive = await readFile(join(folder, '_cacache/content-v2', algorithm, ...parts)).catch(
    () => undefined,
  );
  return archive !== undefined && hash(algorithm, archive) === digest ? archive : undefined;
}

const unzip = promisify(gunzip);

async function unpacked(
  archive: Buffer | undefined,
  found: LockedPackage | undefined,
): Promise<readonly PackageFile[] | undefined> {
  if (archive === undefined) return undefined;
  const content = await unzip(archive, { maxOutputLength: mostBytes }).catch(() => undefined);
  return content === undefined ? undefined : packageFiles(content, programsOf(found));
}

function programsOf(found: LockedPackage | undefined): ReadonlySet<string> {
  const { bin } = found ?? {};
  const named = bin === undefined ? [] : typeof bin === 'string' ? [bin] : Object.values(bin);
  return new Set(named.map((path) => posix.join('/', path).slice(1)));
}
