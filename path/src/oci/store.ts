import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, type ReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Emit } from '../core/event.ts';
import { StepFailed } from '../core/failure.ts';
import type { Descriptor, Digest, StoredBlob } from '../core/handover.ts';
import { digestHex, digestOf, digestOfStream } from './digest.ts';
import { removeAbandoned } from './remove-abandoned.ts';

/** Where a store is and whom it tells of damage. */
export interface StoreOptions {
  /** The cache's folder; blobs are below `blobs/sha256`. */
  readonly cache: string;
  readonly emit: Emit;
}

/**
 * Blobs on this machine, each in a file that its digest names. Safe with several processes: a blob appears by a
 * rename and is never altered, and two that write the same blob write the same bytes.
 *
 * A blob is trusted while its file is the one that was verified (inode, size, mtime and ctime are noted when it is
 * written). Any other file is hashed again before it is used; a damaged one is removed with a warning, so that
 * whoever needs it makes it again.
 */
export class Store {
  readonly #blobs: string;
  readonly #notes: string;
  readonly #temporary: string;
  readonly #emit: Emit;
  #prepared: Promise<void> | undefined;

  constructor(options: StoreOptions) {
    this.#blobs = join(options.cache, 'blobs', 'sha256');
    this.#notes = join(options.cache, 'stat', 'blobs');
    this.#temporary = join(options.cache, 'blobs', 'incoming');
    this.#emit = options.emit;
  }

  /** The file of a digest's blob, whether it is there or not. */
  path(digest: Digest): string {
    return join(this.#blobs, digestHex(digest));
  }

  /**
   * Takes in a blob, streamed; returns it with its digest and size. `expected` refuses another digest: for what
   * came from elsewhere. Throws StepFailed then.
   */
  async put(
    content: Uint8Array | AsyncIterable<Uint8Array>,
    mediaType = 'application/octet-stream',
    expected?: Digest,
  ): Promise<StoredBlob> {
    if (content instanceof Uint8Array) {
      const here = await this.find({ mediaType, digest: digestOf(content), size: content.byteLength });
      if (here !== undefined && expected === undefined) return here;
    }
    await this.#prepare();
    const incoming = join(this.#temporary, `${process.pid}-${randomUUID()}`);
    try {
      const hash = createHash('sha256');
      let size = 0;
      const file = await open(incoming, 'wx', 0o644);
      try {
        for await (const chunk of content instanceof Uint8Array ? [content] : content) {
          hash.update(chunk);
          size += chunk.byteLength;
          await file.writeFile(chunk);
        }
      } finally {
        await file.close();
      }
      const digest: Digest = `sha256:${hash.digest('hex')}`;
      if (expected !== undefined && digest !== expected) {
        throw new StepFailed({
          what: `a blob that should be ${expected} is ${digest} (${size} bytes)`,
          next: 'Try again; if it stays so, what it was read from is damaged or was altered.',
        });
      }
      const path = this.path(digest);
      // An intact blob stays: replacing it would change the inode under a process that has it open by path.
      if ((await this.find({ mediaType, digest, size })) === undefined) {
        await rename(incoming, path);
        await this.#note(digest, await identity(path));
      }
      return { descriptor: { mediaType, digest, size }, path };
    } finally {
      await rm(incoming, { force: true });
    }
  }

  /** Whether the blob is here, whole and unaltered. */
  async has(descriptor: Pick<Descriptor, 'digest' | 'size'>): Promise<boolean> {
    return (await this.find({ mediaType: '', ...descriptor })) !== undefined;
  }

  /** The blob, or undefined where it is not here or was found damaged (and is removed, with a warning). */
  async find(descriptor: Descriptor): Promise<StoredBlob | undefined> {
    const path = this.path(descriptor.digest);
    const now = await identity(path);
    if (now === undefined) return undefined;
    const noted = await readFile(join(this.#notes, digestHex(descriptor.digest)), 'utf8').catch(
      () => undefined,
    );
    if (noted !== now) {
      const actual = await digestOfStream(createReadStream(path));
      if (actual.digest !== descriptor.digest) return this.#discard(descriptor, actual.size, now);
      await this.#note(descriptor.digest, now);
    }
    if (Number(now.split(' ', 1)[0]) !== descriptor.size) return undefined;
    return { descriptor, path };
  }

  /**
   * The blob's bytes. Throws StepFailed where the blob is missing or is not what its digest says, whatever its
   * file's times claim; a damaged one is removed.
   */
  async read(descriptor: Descriptor): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.open(descriptor)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** The blob's bytes as a stream that ends with StepFailed where they are not what the digest says. */
  async *open(descriptor: Descriptor): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256');
    let size = 0;
    const stream: ReadStream = createReadStream(this.path(descriptor.digest), { highWaterMark: 1 << 20 });
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        hash.update(chunk);
        size += chunk.byteLength;
        yield chunk;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new StepFailed({
        what: `the blob ${descriptor.digest} is not in the cache`,
        next: 'Run it again.',
      });
    }
    if (`sha256:${hash.digest('hex')}` !== descriptor.digest) {
      await this.#discard(descriptor, size, await identity(this.path(descriptor.digest)));
      throw new StepFailed({
        what: `the blob ${descriptor.digest} in the cache was damaged and is removed`,
        next: 'Run it again: it is made anew.',
      });
    }
  }

  async #discard(descriptor: Descriptor, size: number, seen: string | undefined): Promise<undefined> {
    const path = this.path(descriptor.digest);
    // Another process may have put a good one in its place meanwhile: only the file that was read goes.
    if ((await identity(path)) === seen) await rm(path, { force: true });
    this.#emit({
      kind: 'warning',
      step: 'image',
      problem: {
        what:
          size < descriptor.size
            ? `a blob in the cache was cut off at ${size} of ${descriptor.size} bytes; it is removed and made again`
            : 'a blob in the cache was altered; it is removed and made again',
        where: { file: path },
        next: 'Nothing to do. If this comes back, check the disk.',
      },
    });
    return undefined;
  }

  async #note(digest: Digest, text: string | undefined): Promise<void> {
    if (text === undefined) return;
    // A torn note only costs one more hash, so it needs no rename.
    await writeFile(join(this.#notes, digestHex(digest)), text).catch(
      async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
        await mkdir(this.#notes, { recursive: true });
        await writeFile(join(this.#notes, digestHex(digest)), text);
      },
    );
  }

  #prepare(): Promise<void> {
    this.#prepared ??= (async () => {
      for (const folder of [this.#blobs, this.#notes, this.#temporary])
        await mkdir(folder, { recursive: true });
      await removeAbandoned(this.#temporary, '');
    })();
    return this.#prepared;
  }
}

async function identity(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  return [found.size, found.ino, found.mtimeNs, found.ctimeNs].join(' ');
}
