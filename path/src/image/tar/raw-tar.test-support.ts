/** An entry as it is written, with whatever is to be wrong about it. */
export interface RawEntry {
  readonly name: string | Buffer;
  /** The type flag; `0`, a file, where it is absent. */
  readonly type?: string;
  readonly body?: Buffer;
  readonly target?: string | Buffer;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** What stands in the field for the size instead of the body's length. */
  readonly size?: Buffer;
  readonly magic?: string;
  readonly prefix?: string;
  /** What stands in the field for the checksum instead of the right one. */
  readonly checksum?: string;
}

const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;

/** The end of an archive. */
export const tarEnd = Buffer.alloc(1024);

/** A header and its content, padded. */
export function rawEntry(entry: RawEntry): Buffer {
  const { name, type = '0', body = Buffer.alloc(0), target = '', mode = 0o644, uid = 0, gid = 0 } = entry;
  const header = Buffer.alloc(512);
  const put = (value: string | Buffer, at: number, length: number) =>
    Buffer.from(value as string)
      .subarray(0, length)
      .copy(header, at);
  put(name, 0, 100);
  put(octal(mode, 8), 100, 8);
  put(octal(uid, 8), 108, 8);
  put(octal(gid, 8), 116, 8);
  put(entry.size ?? octal(body.byteLength, 12), 124, 12);
  put(octal(0, 12), 136, 12);
  put('        ', 148, 8);
  put(type, 156, 1);
  put(target, 157, 100);
  put(entry.magic ?? 'ustar\x0000', 257, 8);
  put(entry.prefix ?? '', 345, 155);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(entry.checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148, 8);
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.byteLength % 512)) % 512)]);
}

/** A pax header with these records. */
export function paxEntry(records: Readonly<Record<string, string>>, type = 'x'): Buffer {
  return rawEntry({ name: 'PaxHeaders/x', type, body: paxBody(records) });
}

/** The records as a pax header holds them. */
export function paxBody(records: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    Object.entries(records).map(([key, value]) => {
      const rest = Buffer.byteLength(` ${key}=${value}\n`);
      let length = rest + 1;
      while (String(length).length + rest !== length) length = String(length).length + rest;
      return Buffer.from(`${length} ${key}=${value}\n`);
    }),
  );
}

/** A long name as GNU tar writes it before the entry. */
export function gnuLong(type: 'L' | 'K', name: string): Buffer {
  return rawEntry({ name: '././@LongLink', type, body: Buffer.from(`${name}\0`), magic: 'ustar  \0' });
}
