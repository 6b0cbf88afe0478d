import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { mediaType } from './mime.ts';

/** A content coding that a file may lie in beside itself (RFC 9110, section 8.4.1; RFC 8878 for zstd). */
export type Coding = 'br' | 'zstd' | 'gzip';

/** One form of a file's bytes. */
export interface Form {
  /** Absent: the file as it is. */
  readonly coding?: Coding;
  readonly size: number;
  /** A strong validator with its quotes: the SHA-256 of exactly these bytes (RFC 9110, section 8.8.3). */
  readonly etag: string;
  /** The bytes, or where they are when they are too many to keep. */
  readonly content: { readonly bytes: Uint8Array<ArrayBuffer> } | { readonly path: string };
}

/** A file as the site answers it. */
export interface SiteFile {
  readonly type: string;
  /** Its name changes with its content, so it may be kept for ever. */
  readonly hashed: boolean;
  readonly plain: Form;
  /** Smallest first. */
  readonly coded: readonly Form[];
}

/** Every path that the site answers, decoded and with a leading slash. Nothing else can be reached. */
export type Site = ReadonlyMap<string, SiteFile>;

/** How much of the site is kept in memory, in bytes; what is beyond is read from disk at each request. */
export interface MemoryLimits {
  readonly file: number;
  readonly total: number;
}

/** Limits that suit a container with little memory. */
export const usualLimits: MemoryLimits = { file: 4 * 1024 * 1024, total: 64 * 1024 * 1024 };

const endings: readonly (readonly [string, Coding])[] = [
  ['.br', 'br'],
  ['.zst', 'zstd'],
  ['.gz', 'gzip'],
];

/**
 * Reads a folder once. Links, special files and names that begin with a dot are left out (`.well-known` at the
 * top apart, RFC 8615); `x.br`, `x.zst` and `x.gz` become forms of `x`. A folder's `index.html` answers for it.
 * @throws Error of the file system when the folder cannot be read
 */
export async function loadSite(root: string, limits: MemoryLimits = usualLimits): Promise<Site> {
  const paths = new Set(await list(root, '/'));
  const site = new Map<string, SiteFile>();
  let kept = 0;

  async function form(path: string, coding?: Coding): Promise<Form> {
    const file = join(root, path);
    const { size } = await stat(file);
    const start = coding === undefined ? {} : { coding };
    if (size > limits.file || kept + size > limits.total) {
      return { ...start, size, etag: await hashOfFile(file), content: { path: file } };
    }
    kept += size;
    const bytes = new Uint8Array(await readFile(file));
    return {
      ...start,
      size: bytes.length,
      etag: quoted(createHash('sha256').update(bytes)),
      content: { bytes },
    };
  }

  for (const path of paths) {
    if (isSibling(path, paths)) continue;
    const coded: Form[] = [];
    const plain = await form(path);
    for (const [ending, coding] of endings) {
      if (paths.has(path + ending)) coded.push(await form(path + ending, coding));
    }
    coded.sort((one, other) => one.size - other.size);
    const file = { type: mediaType(path), hashed: isHashed(path), plain, coded };
    site.set(path, file);
    if (path.endsWith('/index.html')) site.set(path.slice(0, -'index.html'.length), file);
  }
  return site;
}

/**
 * Whether a path is a bundler's output whose name holds its content's hash: below `/assets/`, and its last part
 * a hash of 8 letters and digits as Vite writes it, or 16 and more hexadecimal digits. A word of 8 small letters
 * (`icon-download.svg`) or digits alone (`photo-20260101.jpg`) is no hash.
 */
export function isHashed(path: string): boolean {
  const hash = /^\/assets\/(?:.*\/)?[^/]+-([\w-]{8}|[0-9a-f]{16,64})(?:\.[a-z0-9]+)+$/.exec(path)?.[1];
  return hash !== undefined && /[A-Za-z]/.test(hash) && /[A-Z0-9_]/.test(hash);
}

async function list(root: string, folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = folder + entry.name;
    if (entry.name.startsWith('.') && path !== '/.well-known') continue;
    if (entry.isDirectory()) found.push(...(await list(root, `${path}/`)));
    else if (entry.isFile()) found.push(path);
  }
  return found.sort();
}

function isSibling(path: string, paths: ReadonlySet<string>): boolean {
  return endings.some(([ending]) => path.endsWith(ending) && paths.has(path.slice(0, -ending.length)));
}

async function hashOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return quoted(hash);
}

function quoted(hash: ReturnType<typeof createHash>): string {
  return `"${hash.digest('base64url')}"`;
}
