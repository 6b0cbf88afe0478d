import type { Header } from 'tar-stream';
import { extract } from 'tar-stream';

/** Where two archives differ first. */
export interface EntryDifference {
  /** The entry's path; absent where the archives differ apart from entries. */
  readonly entry?: string;
  /** The first differing byte of its content, from 0. */
  readonly byte?: number;
  /** What it is in each. */
  readonly one: string;
  readonly other: string;
}

type Chunks = AsyncIterable<Uint8Array>;
type Entry = AsyncIterable<Uint8Array> & { readonly header: Header };

/** Finds where two tar archives differ first: an entry that only one has, its rights, its bytes. */
export async function compareArchives(one: Chunks, other: Chunks): Promise<EntryDifference | undefined> {
  const [ours, theirs] = [entriesOf(one), entriesOf(other)];
  try {
    for (;;) {
      const [a, b] = await Promise.all([ours.next(), theirs.next()]);
      if (a.done && b.done) return undefined;
      const found = await compareEntries(
        a.done === true ? undefined : a.value,
        b.done === true ? undefined : b.value,
      );
      if (found !== undefined) return found;
    }
  } finally {
    await Promise.all([ours.return(undefined), theirs.return(undefined)]);
  }
}

async function* entriesOf(archive: Chunks): AsyncGenerator<Entry, undefined> {
  const reader = extract();
  const closed = new Promise((resolve) => reader.once('close', () => resolve(undefined)));
  const drained = () => new Promise((resolve) => reader.once('drain', () => resolve(undefined)));
  const feeding = (async () => {
    for await (const chunk of archive) {
      if (reader.destroyed) return;
      if (!reader.write(chunk)) await Promise.race([drained(), closed]);
    }
    reader.end(null);
  })();
  feeding.catch((error: Error) => reader.destroy(error));
  try {
    for await (const entry of reader) {
      yield entry as unknown as Entry;
      entry.resume();
    }
    await feeding;
    return undefined;
  } finally {
    reader.destroy();
  }
}

async function compareEntries(
  one: Entry | undefined,
  other: Entry | undefined,
): Promise<EntryDifference | undefined> {
  const [ours, theirs] = [one?.header.name, other?.header.name];
  if (ours !== theirs) {
    // Entries are sorted: the one that comes first is missing in the other.
    const first = ours === undefined || (theirs !== undefined && theirs < ours) ? theirs : ours;
    const said = (name: string | undefined) => (name === first ? 'there' : 'not there');
    return { entry: first ?? '', one: said(ours), other: said(theirs) };
  }
  if (one === undefined || other === undefined) return undefined;
  const entry = one.header.name;
  const [a, b] = [describe(one.header), describe(other.header)];
  if (a !== b) return { entry, one: a, other: b };
  const byte = await firstDifference(one, other);
  return byte === undefined ? undefined : { entry, byte: byte.at, one: byte.one, other: byte.other };
}

function describe({ type, mode = 0, uid, gid, uname, gname, size, mtime, linkname, pax }: Header): string {
  const owner = `${uid}:${gid}${uname || gname ? ` (${uname}:${gname})` : ''}`;
  const words = [type, mode.toString(8), owner, `${size} bytes`, mtime?.toISOString()];
  if (linkname) words.push(`-> ${linkname}`);
  if (pax) words.push(JSON.stringify(pax));
  return words.join(' ');
}

/** The first byte in which two streams differ, with some of what follows in each; undefined where none does. */
export async function firstDifference(
  one: Chunks,
  other: Chunks,
): Promise<{ readonly at: number; readonly one: string; readonly other: string } | undefined> {
  const [a, b] = [one[Symbol.asyncIterator](), other[Symbol.asyncIterator]()];
  let [ours, theirs]: [Buffer, Buffer] = [Buffer.alloc(0), Buffer.alloc(0)];
  const more = async (from: AsyncIterator<Uint8Array>, rest: Buffer) => {
    if (rest.length > 0) return rest;
    for (let next = await from.next(); next.done !== true; next = await from.next())
      if (next.value.length > 0) return Buffer.from(next.value);
    return rest;
  };
  for (let at = 0; ; ) {
    [ours, theirs] = [await more(a, ours), await more(b, theirs)];
    const both = Math.min(ours.length, theirs.length);
    if (both === 0 && ours.length === theirs.length) return undefined;
    if (both === 0 || !ours.subarray(0, both).equals(theirs.subarray(0, both))) {
      let index = 0;
      while (index < both && ours[index] === theirs[index]) index += 1;
      return { at: at + index, one: shown(ours.subarray(index)), other: shown(theirs.subarray(index)) };
    }
    at += both;
    [ours, theirs] = [ours.subarray(both), theirs.subarray(both)];
  }
}

function shown(bytes: Buffer): string {
  return bytes.length === 0 ? 'the end' : JSON.stringify(bytes.subarray(0, 24).toString('latin1'));
}
