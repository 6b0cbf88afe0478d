const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Seconds since 1970, with a fraction or without (pax Extended Header, "mtime"). Nobody reads them here; empty: none. */
const time = /^(-?\d{1,18}(\.\d*)?)?$/;

/**
 * The records of a pax header (POSIX.1-2017, pax, "pax Extended Header"): `length key=value`, each ending its line.
 * A record without a value takes an earlier one back. Throws a SyntaxError where it is none, or repeats a key.
 */
export function parsePax(bytes: Uint8Array): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let position = 0; position < bytes.byteLength; ) {
    const space = bytes.indexOf(0x20, position);
    const digits =
      space === -1
        ? ''
        : Buffer.from(bytes.subarray(position, Math.min(space, position + 9))).toString('latin1');
    const length = /^[1-9]\d{0,7}$/.test(digits) ? Number(digits) : 0;
    const end = position + length;
    if (length === 0 || end > bytes.byteLength || end <= space + 1 || bytes[end - 1] !== 0x0a)
      throw damaged();
    const record = bytes.subarray(space + 1, end - 1);
    const equals = record.indexOf(0x3d);
    // To GNU tar a text ends at a zero byte: a key with one in it would have no value.
    if (equals < 1 || record.subarray(0, equals).includes(0)) throw damaged();
    const key = decoded(record.subarray(0, equals));
    // Two programs would take two of them.
    if (records.has(key)) throw new SyntaxError('a pax header says the same twice');
    const value = textOf(key, record.subarray(equals + 1));
    if (/^[acm]time$/.test(key) && !time.test(value)) throw damaged();
    records.set(key, value);
    position = end;
  }
  return new Map([...records].filter(([, value]) => value !== ''));
}

/** Extended attributes hold any bytes, and nobody reads them here. */
function textOf(key: string, bytes: Uint8Array): string {
  if (/^(?:SCHILY|LIBARCHIVE)\./.test(key)) return Buffer.from(bytes).toString('latin1');
  if (bytes.includes(0)) throw damaged();
  return decoded(bytes);
}

function decoded(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new SyntaxError('a pax header is no UTF-8');
  }
}

function damaged(): SyntaxError {
  return new SyntaxError('a pax header is damaged');
}
