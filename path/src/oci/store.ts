import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Emit } from '../core/event.ts';
import { StepFailed } from '../core/failure.ts';
import type { Descriptor, Digest, StoredBlob } from '../core/handover.ts';
import { temporaryName } from '../effects/temporary.ts';
import { DamagedBlob, tellDamage } from './damage.ts';
import { digestHex, digestOf, digestOfStream } from './digest.ts';
import { fileIdentity } from './file-identity.ts';

/** Where a store is and whom it tells of damage. */
export interface StoreOptions {
  /** The cache's folder; blobs are below `blobs/sha256`. */
  readonly cache: string;
  readonly emit: Emit;
}

/**
 * Blobs on this machine, each in a file that its digest names. Safe with several processes: a blob appears by a
 * rename and is never altered or removed, and two that write the same blob write the same bytes.
 *
 * A blob is trusted while its file is the one that was verified (size, inode, mtime and ctime are noted then). Any
 * other file is hashed before it is used. Disks also lose bytes without a word: whoever needs a blob's bytes has
 * them hashed (`verified`, `read`, `verifyBlob`). What is damaged is told of and counts as absent, so that whoever
 * needs it makes it again; the new one takes the damaged one's place.
 */
export class Store {
  readonly #blobs: string;
  readonly #notes: string;
  readonly #temporary: string;
  readonly #emit: Emit;
  readonly #told = new Set<string>();
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
    if (content instanceof Uint8Array && expected === undefined) {
      const descriptor = { mediaType, digest: digestOf(content), size: content.byteLength };
      const here = await this.verified(descriptor);
      if (here !== undefined) return here;
    }
    await this.#prepare();
    const incoming = join(this.#temporary, temporaryName('blob'));
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
      if ((await this.verified({ mediaType, digest, size })) === undefined) {
        await rename(incoming, path);
        await this.#note(digest, await fileIdentity(path));
      }
      return { descriptor: { mediaType, digest, size }, path };
    } finally {
      await rm(incoming, { force: true });
    }
  }

  /** Whether the blob is here, whole and unaltered, as far as its file's size and times tell. */
  async has(descriptor: Pick<Descriptor, 'digest' | 'size'>): Promise<boolean> {
    return (await this.find({ mediaType: '', ...descriptor })) !== undefined;
  }

  /** The blob, or undefined where it is not here or its file's size and times led to damage. */
  async find(descriptor: Descriptor): Promise<StoredBlob | undefined> {
    return this.#look(descriptor, true);
  }

  /** The blob, its bytes hashed now, or undefined where it is not here or is damaged. For what is read next. */
  async verified(descriptor: Descriptor): Promise<StoredBlob | undefined> {
    return this.#look(descriptor, false);
  }

  /** The blob's bytes. Throws DamagedBlob where it is missing or is not what its digest says. */
  async read(descriptor: Descriptor): Promise<Uint8Array> {
    const path = this.path(descriptor.digest);
    let bytes: Uint8Array;
    try {
      bytes = await readFile(path);
    } catch (error) {
      if (!isLost(error)) throw error;
      throw new DamagedBlob(descriptor.digest, path, 'is missing', { cause: error });
    }
    if (digestOf(bytes) === descriptor.digest) return bytes;
    await this.distrust([descriptor.digest]);
    throw new DamagedBlob(descriptor.digest, path, 'was damaged');
  }

  /** Has blobs hashed before they are used again, whatever their files' times say. */
  async distrust(digests: readonly Digest[]): Promise<void> {
    for (const digest of digests) await rm(join(this.#notes, digestHex(digest)), { force: true });
  }

  async #look(descriptor: Descriptor, trusting: boolean): Promise<StoredBlob | undefined> {
    const path = this.path(descriptor.digest);
    const now = await fileIdentity(path);
    if (now === undefined) return undefined;
    const noted = await readFile(join(this.#notes, digestHex(descriptor.digest)), 'utf8').catch(
      () => undefined,
    );
    if (!trusting || noted !== now) {
      const actual = await digestOfStream(createReadStream(path)).catch((error: unknown) => {
        if (isLost(error)) return undefined;
        throw error;
      });
      if (actual?.digest !== descriptor.digest) {
        await this.distrust([descriptor.digest]);
        // Several images may ask for it before it is made again.
        if (!this.#told.has(now)) tellDamage(this.#emit, 'a part of an image', path);
        this.#told.add(now);
        return undefined;
      }
      if (noted !== now) await this.#note(descriptor.digest, now);
    }
    if (Number(now.split(' ', 1)[0]) !== descriptor.size) return undefined;
    return { descriptor, path };
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
    })();
    return this.#prepared;
  }
}

/** Whether the disk has a file no more, or can't read it. */
function isLost(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'EIO';
}
