import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough, type Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip, createZstdCompress } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';
import type { Digest, StoredBlob } from '../core/handover.ts';
import { mediaTypes } from '../oci/media-types.ts';
import type { Store } from '../oci/store.ts';
import type { Compression } from './compression.ts';
import { LayerOrder } from './layer-order.ts';

/** One entry of a layer. `path` has no leading or trailing slash; modes are the twelve permission bits. */
export type LayerEntry = {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
} & (
  | { readonly kind: 'file'; readonly size: number; readonly content: () => Readable | Uint8Array }
  | { readonly kind: 'folder' }
  | { readonly kind: 'symlink'; readonly target: string }
  /** `target` is the path of a file earlier in the same layer. */
  | { readonly kind: 'hardlink'; readonly target: string }
);

/** A layer in the store. `diffId` is the digest of the uncompressed archive (config.md, "Layer DiffID"). */
export interface Layer {
  readonly blob: StoredBlob;
  readonly diffId: Digest;
}

const layerTypes: Readonly<Record<Compression, string>> = {
  zstd: mediaTypes.layerZstd,
  gzip: mediaTypes.layerGzip,
  none: mediaTypes.layer,
};

const epoch = new Date(0);

// A layer of many small files is handed over to the thread pool piece by piece: each way there and back costs more than
// compressing a small one.
const pieceSize = 256 * 1024;

/**
 * Writes a layer into the store: one pass, streamed, compressed on the thread pool. The same entries give the same
 * bytes with the same Node.js version: times are 0, there are no owner names, nothing is added.
 *
 * It sorts nothing. Throws TypeError for entries that are not in the order of `comparePaths`, come twice, leave the
 * root, or would be read as whiteouts (layer.md); Error where a file has not the size that its entry says.
 */
export async function writeLayer(
  store: Store,
  entries: Iterable<LayerEntry> | AsyncIterable<LayerEntry>,
  options: { readonly compression: Compression },
): Promise<Layer> {
  const archive = pack();
  const hash = createHash('sha256');
  const compressed = compressor(options.compression);
  const stored = store.put(compressed as AsyncIterable<Uint8Array>, layerTypes[options.compression]);
  const [blob] = await Promise.all([
    stored,
    pipeline(
      archive,
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const piece of inPieces(chunks, pieceSize)) {
          hash.update(piece);
          yield piece;
        }
        await taken(compressed);
      },
      compressed,
    ),
    writeEntries(archive, entries),
  ]).catch(async (error: Error) => {
    // What failed anywhere reaches the store's end as it is; the other ends may only see that the line was torn.
    throw await stored.then(
      () => error,
      (cause: unknown) => (error.cause === cause ? error : cause),
    );
  });
  return { blob, diffId: `sha256:${hash.digest('hex')}` };
}

/** The same bytes in pieces of at least so many of them, but for the last one. */
async function* inPieces(chunks: AsyncIterable<Uint8Array>, least: number): AsyncGenerator<Uint8Array> {
  let gathered: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    gathered.push(chunk);
    size += chunk.byteLength;
    if (size < least) continue;
    yield Buffer.concat(gathered);
    gathered = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(gathered);
}

function compressor(compression: Compression): Transform {
  if (compression === 'none') return new PassThrough();
  if (compression === 'gzip') return createGzip({ level: 6, chunkSize: 1 << 18 });
  return createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 }, chunkSize: 1 << 18 });
}

/**
 * Waits until a compressor has taken in what it was given. Node.js tells zstd of the end together with the last chunk
 * where that still waits then, and again without one, which adds an empty frame: bytes that depend on how quick the
 * thread pool was.
 */
function taken(compressed: Transform): Promise<void> {
  return new Promise((resolve, reject) => {
    compressed.write(new Uint8Array(), (error) => (error ? reject(error) : resolve()));
  });
}

async function writeEntries(
  archive: Pack,
  entries: Iterable<LayerEntry> | AsyncIterable<LayerEntry>,
): Promise<void> {
  try {
    const order = new LayerOrder();
    for await (const entry of entries) {
      order.check(entry);
      await writeEntry(archive, entry);
    }
    archive.finalize();
  } catch (error) {
    archive.destroy(error as Error);
    throw error;
  }
}

async function writeEntry(archive: Pack, entry: LayerEntry): Promise<void> {
  const header = { name: entry.path, mode: entry.mode, uid: entry.uid, gid: entry.gid, mtime: epoch };
  switch (entry.kind) {
    case 'folder':
      return ended(archive.entry({ ...header, name: `${entry.path}/`, type: 'directory' }));
    case 'symlink':
      return ended(archive.entry({ ...header, type: 'symlink', linkname: entry.target }));
    case 'hardlink':
      return ended(archive.entry({ ...header, type: 'link', linkname: entry.target }));
    case 'file': {
      const sink = archive.entry({ ...header, type: 'file', size: entry.size });
      const content = entry.content();
      try {
        if (content instanceof Uint8Array) await ended(sink, content);
        else await pipeline(content, sink);
      } catch (error) {
        throw new Error(`${entry.path} could not be put into a layer: ${(error as Error).message}`, {
          cause: error,
        });
      }
    }
  }
}

async function ended(sink: NodeJS.WritableStream, content?: Uint8Array): Promise<void> {
  const closed = once(sink, 'close');
  if (content !== undefined && content.byteLength > 0) sink.write(content);
  sink.end();
  await closed;
}
