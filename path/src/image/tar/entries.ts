import { limits } from '../../core/limits.ts';
import { parsePax } from './pax.ts';

/** Reads bytes of an archive from `offset`, at most `length` of them; fewer only at its end. */
export type ReadArchive = (offset: number, length: number) => Promise<Uint8Array>;

/** One entry of a tar archive; `name` and `target` are as they are written there. */
export interface TarEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'symlink' | 'hardlink';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** What a link points to; empty for others. */
  readonly target: string;
  /** Where its bytes begin in the archive, and how many there are; 0 for what has none. */
  readonly offset: number;
  readonly size: number;
}

const block = 512;
const zeros = Buffer.alloc(block);
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What the header of an entry may be preceded by: longer names and larger numbers than it has room for. */
interface Extra {
  name?: string;
  target?: string;
  pax?: ReadonlyMap<string, string>;
}

/**
 * The entries of a tar archive, in their order: ustar and pax (POSIX.1-2017, pax, "ustar Interchange Format"), and
 * GNU's long names. What can be read in two ways is refused, since others would read it the other way: sparse files,
 * links and folders with content, numbers below zero, an end that is none. Throws a SyntaxError that names the entry.
 */
export async function* tarEntries(at: ReadArchive, size: number): AsyncGenerator<TarEntry> {
  let extra: Extra = {};
  let names = 0;
  let headers = 0;
  for (let position = 0; ; ) {
    const header = await at(position, block);
    if (header.byteLength < block) throw new SyntaxError('it is cut off');
    if (isZero(header)) return checkEnd(at, position + block, size);
    headers += 1;
    if (headers > limits.archive.entries.most) {
      throw new SyntaxError(`it has more than ${limits.archive.entries.most} entries`);
    }
    const read = readHeader(header);
    const length = sizeOf(read, extra);
    const end = position + block + Math.ceil(length / block) * block;
    if (!(end <= size)) throw new SyntaxError(`it is cut off in ${shown(read.name)}`);
    const type = String.fromCharCode(read.type);
    if ('LKxg'.includes(type)) {
      if (length > limits.archive.header.most) throw new SyntaxError(`a header has ${length} bytes`);
      extra = addTo(extra, type, await at(position + block, length));
    } else {
      const entry = entryOf(read, extra, position + block, length);
      extra = {};
      names += entry.name.length + entry.target.length;
      if (names > limits.archive.names.most) throw new SyntaxError('its names are too long together');
      yield entry;
    }
    position = end;
  }
}

interface Header {
  readonly name: string;
  readonly target: string;
  readonly type: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
}

function readHeader(bytes: Uint8Array): Header {
  const magic = Buffer.from(bytes.subarray(257, 265)).toString('latin1');
  if (number(bytes, 148, 8, 'a checksum') !== checksum(bytes)) throw new SyntaxError('a header is damaged');
  if (magic !== 'ustar\x0000' && magic !== 'ustar  \0')
    throw new SyntaxError('a header is of an unknown format');
  const name = text(bytes, 0, 100);
  // GNU's format has other things where ustar has the beginning of a long name.
  const prefix = magic === 'ustar\x0000' ? text(bytes, 345, 155) : '';
  const full = prefix === '' ? name : `${prefix}/${name}`;
  const of = (what: string) => `the ${what} of ${shown(full)}`;
  // Nobody's business here, but tar refuses an archive in which it is none.
  number(bytes, 136, 12, of('time'));
  return {
    name: full,
    target: text(bytes, 157, 100),
    type: bytes[156] === 0 ? 0x30 : (bytes[156] ?? 0),
    mode: number(bytes, 100, 8, of('mode')),
    uid: number(bytes, 108, 8, of('owner')),
    gid: number(bytes, 116, 8, of('group')),
    size: number(bytes, 124, 12, of('size')),
  };
}

/** How many bytes follow a header. A pax header before it may say so in its place. */
function sizeOf({ name, size, type }: Header, { pax }: Extra): number {
  const said = 'LKxg'.includes(String.fromCharCode(type)) ? undefined : pax?.get('size');
  return said === undefined ? size : decimal(said, `the size of ${shown(name)}`);
}

function addTo(extra: Extra, type: string, bytes: Uint8Array): Extra {
  if (type === 'L') return { ...extra, name: longName(bytes) };
  if (type === 'K') return { ...extra, target: longName(bytes) };
  const pax = parsePax(bytes);
  if (type === 'x') return { ...extra, pax };
  // A header for all that follow: what it may change here is nothing, a comment (as git writes) is all right.
  for (const key of ['path', 'linkpath', 'size', 'uid', 'gid']) {
    if (pax.has(key)) throw new SyntaxError(`a header gives all entries the same ${key}`);
  }
  return extra;
}

function longName(bytes: Uint8Array): string {
  return text(bytes, 0, bytes.byteLength);
}

const kinds: Readonly<Record<string, TarEntry['kind']>> = {
  '0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'folder',
  '7': 'file',
};
const foreign: Readonly<Record<string, string>> = {
  '3': 'a device',
  '4': 'a device',
  '6': 'a pipe',
  S: 'a sparse file',
};

function entryOf(header: Header, { pax, ...long }: Extra, offset: number, size: number): TarEntry {
  const name = pax?.get('path') ?? long.name ?? header.name;
  const target = pax?.get('linkpath') ?? long.target ?? header.target;
  for (const one of [name, target]) {
    if (Buffer.byteLength(one) > limits.archive.path.most)
      throw new SyntaxError(`${shown(one)} is too long a name`);
  }
  const type = String.fromCharCode(header.type);
  // Before there were folders in archives, a slash made one of a file.
  const kind = type === '0' && name.endsWith('/') ? 'folder' : kinds[type];
  if (kind === undefined) {
    throw new SyntaxError(
      `${shown(name)} is ${foreign[type] ?? 'of an unknown kind'}; a package has only files, folders and links`,
    );
  }
  if ([...(pax?.keys() ?? [])].some((key) => key.startsWith('GNU.sparse.'))) {
    throw new SyntaxError(`${shown(name)} is a sparse file; a package has only files, folders and links`);
  }
  if (kind !== 'file' && size > 0) throw new SyntaxError(`${shown(name)} is no file and has content`);
  if (size > limits.archive.file.most) throw new SyntaxError(`${shown(name)} has ${size} bytes`);
  const id = (key: 'uid' | 'gid') => {
    const said = pax?.get(key);
    return said === undefined ? header[key] : decimal(said, `the owner of ${shown(name)}`);
  };
  const common = { name, kind, mode: header.mode & 0o7777, uid: id('uid'), gid: id('gid'), offset };
  return { ...common, size, target: kind === 'symlink' || kind === 'hardlink' ? target : '' };
}

/** POSIX: two blocks of zeros end an archive; what follows them fills its last record. */
async function checkEnd(at: ReadArchive, position: number, size: number): Promise<void> {
  if (position === size) return;
  const next = await at(position, block);
  if (next.byteLength < block || !isZero(next)) throw new SyntaxError('something follows the end of it');
}

/** A number in octal digits, or in GNU's base 256 for larger ones. */
function number(bytes: Uint8Array, start: number, length: number, what: string): number {
  const field = bytes.subarray(start, start + length);
  if (field[0] === 0x80) {
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
    if (Number.isSafeInteger(value)) return value;
  }
  const digits = /^ *([0-7]*)[ \0]*$/.exec(Buffer.from(field).toString('latin1'))?.[1];
  if (digits === undefined) throw new SyntaxError(`${what} is no number`);
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

function decimal(written: string, what: string): number {
  const value = /^\d{1,16}$/.test(written) ? Number(written) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new SyntaxError(`${what} is no number`);
  return value;
}

/** The sum of a header's bytes, the checksum's own as spaces. */
function checksum(bytes: Uint8Array): number {
  let sum = 8 * 0x20;
  for (let index = 0; index < block; index += 1) if (index < 148 || index >= 156) sum += bytes[index] ?? 0;
  return sum;
}

function text(bytes: Uint8Array, start: number, length: number): string {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  const used = end === -1 ? field : field.subarray(0, end);
  try {
    return utf8.decode(used);
  } catch {
    throw new SyntaxError(`the name ${shown(Buffer.from(used).toString('latin1'))} is no UTF-8`);
  }
}

function isZero(bytes: Uint8Array): boolean {
  return zeros.compare(bytes) === 0;
}

function shown(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 119)}…` : name);
}
