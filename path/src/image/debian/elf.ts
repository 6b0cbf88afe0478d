/** What the dynamic loader would need to load a file (ELF gABI, "Dynamic Section"). */
export interface Dynamics {
  /** It has an interpreter: a program, not a library. */
  readonly program: boolean;
  /** The names of the libraries it needs: `libc.so.6`. */
  readonly needed: readonly string[];
}

/** Reads bytes of a file from `offset`, at most `length` of them. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>;

const interpreter = 3;
const loaded = 1;
const dynamic = 2;
const mostBytes = 1 << 20;
const longestName = 256;
const mostNeeded = 1000; // the greediest program of Debian has some 300

/** Reads a 64-bit little-endian ELF file; undefined where it is none or is linked statically. */
export async function readDynamics(at: ReadAt): Promise<Dynamics | undefined> {
  const header = view(await at(0, 64));
  if (header.byteLength < 64 || header.getUint32(0) !== 0x7f454c46 || header.getUint16(4) !== 0x0201)
    return undefined;
  const entrySize = header.getUint16(54, true);
  const count = header.getUint16(56, true);
  const segments = segmentsOf(
    view(await at(offsetAt(header, 32), Math.min(entrySize * count, mostBytes))),
    entrySize,
  );
  const section = segments.find(({ type }) => type === dynamic);
  if (section === undefined) return undefined;

  const tags = view(await at(section.offset, Math.min(section.size, mostBytes)));
  const names: number[] = [];
  let address = 0;
  for (let position = 0; position + 16 <= tags.byteLength; position += 16) {
    const tag = offsetAt(tags, position);
    const value = offsetAt(tags, position + 8);
    if (tag === 0) break;
    if (tag === 1 && names.length < mostNeeded) names.push(value); // DT_NEEDED
    if (tag === 5) address = value; // DT_STRTAB
  }
  const home = segments.find(
    (segment) =>
      segment.type === loaded && address >= segment.address && address < segment.address + segment.size,
  );
  const program = segments.some(({ type }) => type === interpreter);
  if (home === undefined || names.length === 0) return { program, needed: [] };
  const strings = home.offset + address - home.address;
  const needed: string[] = [];
  // Name by name: the whole table may be large (libLLVM's has megabytes), and its end is no name's end.
  for (const from of names) needed.push(textOf(await at(strings + from, longestName)));
  return { program, needed };
}

function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end === -1 ? bytes : bytes.subarray(0, end)).toString('latin1');
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

function segmentsOf(table: DataView, entrySize: number): readonly Segment[] {
  const segments: Segment[] = [];
  for (let position = 0; entrySize >= 56 && position + 56 <= table.byteLength; position += entrySize) {
    segments.push({
      type: table.getUint32(position, true),
      offset: offsetAt(table, position + 8),
      address: offsetAt(table, position + 16),
      size: offsetAt(table, position + 32),
    });
  }
  return segments;
}

function offsetAt(from: DataView, position: number): number {
  return Number(from.getBigUint64(position, true));
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
