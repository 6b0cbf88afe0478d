import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { StepFailed } from '../core/failure.ts';
import type { StoredBlob } from '../core/handover.ts';
import { DamagedBlob } from '../oci/damage.ts';
import type { Body } from './ask.ts';

/** The length of a body in bytes; 0 for none. */
export function bodyLength(body: Body | undefined): number {
  if (body === undefined) return 0;
  if (body.kind === 'blob') return body.blob.descriptor.size;
  return body.kind === 'bytes' ? body.bytes.byteLength : body.length;
}

/** A body as it goes over the wire, read anew for each attempt. `onSent` is called with each piece's bytes. */
export function openBody(
  body: Body | undefined,
  onSent: ((bytes: number) => void) | undefined,
): Uint8Array | Readable | null {
  if (body === undefined) return null;
  if (body.kind === 'bytes') return body.bytes;
  if (bodyLength(body) === 0) return null;
  const content = body.kind === 'blob' ? blobPieces(body.blob, onSent) : pieces(body, onSent);
  return Readable.from(content, { objectMode: false });
}

const pieceSize = 256 * 1024;

/**
 * A blob's bytes. Its last piece is held back until all of them are what the digest says, so that nothing else is ever
 * sent whole, and no blob has to be read twice for that. Throws DamagedBlob.
 */
async function* blobPieces(
  { descriptor: { digest, size }, path }: StoredBlob,
  onSent: ((bytes: number) => void) | undefined,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let held: Buffer | undefined;
  try {
    for await (const piece of createReadStream(path, { end: size - 1, highWaterMark: pieceSize })) {
      const bytes: Buffer = piece;
      hash.update(bytes);
      if (held !== undefined) {
        yield held;
        onSent?.(held.byteLength);
      }
      held = bytes;
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new DamagedBlob(digest, path, code === 'ENOENT' ? 'is missing' : `can't be read (${message})`, {
      cause,
    });
  }
  if (`sha256:${hash.digest('hex')}` !== digest) throw new DamagedBlob(digest, path, 'was damaged');
  if (held === undefined) return;
  yield held;
  onSent?.(held.byteLength);
}

async function* pieces(
  body: Extract<Body, { kind: 'file' }>,
  onSent: ((bytes: number) => void) | undefined,
): AsyncGenerator<Buffer> {
  const { path, start, length } = body;
  const stream = createReadStream(path, { start, end: start + length - 1, highWaterMark: pieceSize });
  let left = length;
  try {
    for await (const piece of stream) {
      const bytes: Buffer = piece;
      left -= bytes.byteLength;
      yield bytes;
      onSent?.(bytes.byteLength);
    }
  } catch (error) {
    throw new StepFailed(
      { what: 'a part of an image cannot be read', where: { file: path } },
      { cause: error },
    );
  }
  if (left > 0) {
    throw new StepFailed({
      what: `a part of an image is ${left} bytes shorter than its digest was made for`,
      where: { file: path },
      next: 'Remove the file and run the same command again.',
    });
  }
}
