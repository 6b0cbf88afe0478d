import { readFile, stat } from 'node:fs/promises';
import { inflateRawSync } from 'node:zlib';
import { limits } from '../core/limits.ts';

const { file: mostFile, entries: mostEntries, entry: mostEntry, bytes: mostBytes, ratio } = limits.advisories;
const atOnce = 500;

/**
 * The JSON documents in a zip archive, as bytes, one after the other. Throws SyntaxError where it is none, is damaged,
 * or is made to fill the memory: what its directory promises is added up before anything is unpacked, and nothing
 * unpacks to more than it promises.
 */
export async function* documentsIn(path: string): AsyncGenerator<Uint8Array> {
  const { size } = await stat(path);
  if (size > mostFile.most) throw new SyntaxError(`it has ${size} bytes`);
  const bytes = await readFile(path);
  const { fromBufferPromise } = await import('yauzl');
  const archive = await fromBufferPromise(bytes, { lazyEntries: true }).catch(noArchive);
  if (archive.entryCount > mostEntries.most) throw new SyntaxError(`it has ${archive.entryCount} entries`);
  let promised = 0;
  let count = 0;
  const entries = archive.eachEntry();
  for (;;) {
    const next = await entries.next().catch(noArchive);
    if (next.done === true) return;
    const entry = next.value;
    if (!entry.fileName.endsWith('.json')) continue;
    const { uncompressedSize: full, compressedSize: packed, compressionMethod: method } = entry;
    promised += full;
    if (full > mostEntry.most) throw new SyntaxError(`an entry has ${full} bytes`);
    if (promised > mostBytes.most)
      throw new SyntaxError(`its entries have more than ${mostBytes.most} bytes`);
    if (full > 1 << 16 && full > packed * ratio.most)
      throw new SyntaxError('an entry is packed as bombs are');
    if ((entry.generalPurposeBitFlag & 1) !== 0) throw new SyntaxError('it is encrypted');
    if (method !== 0 && method !== 8) throw new SyntaxError('it is packed in a way that is not read');
    const { fileDataStart: start } = await archive
      .readLocalFileHeaderPromise(entry, { minimal: true })
      .catch(noArchive);
    const content = bytes.subarray(start, start + packed);
    if (content.length !== packed) throw new SyntaxError('it was cut off');
    yield method === 0 ? content : inflated(content, full);
    // Unpacking small entries at once is quickest; others want to go on between.
    count += 1;
    if (count % atOnce === 0) await new Promise(setImmediate);
  }
}

function inflated(content: Uint8Array, size: number): Uint8Array {
  try {
    const unpacked = inflateRawSync(content, { maxOutputLength: Math.max(1, size) });
    if (unpacked.length === size) return unpacked;
  } catch (error) {
    throw new SyntaxError('an entry is damaged', { cause: error });
  }
  throw new SyntaxError('an entry is not as long as it says');
}

function noArchive(error: unknown): never {
  throw new SyntaxError(`it is no zip archive: ${(error as Error).message}`, { cause: error });
}
