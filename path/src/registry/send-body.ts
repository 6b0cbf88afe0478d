import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { StepFailed } from '../core/failure.ts';
import type { Body } from './ask.ts';

/** The length of a body in bytes; 0 for none. */
export function bodyLength(body: Body | undefined): number {
  if (body === undefined) return 0;
  return body.kind === 'bytes' ? body.bytes.byteLength : body.length;
}

/** A body as undici takes it, read anew for each attempt. `onSent` is called with each piece's bytes. */
export function openBody(
  body: Body | undefined,
  onSent: ((bytes: number) => void) | undefined,
): Uint8Array | Readable | null {
  if (body === undefined) return null;
  if (body.kind === 'bytes') return body.bytes;
  return body.length === 0 ? null : Readable.from(pieces(body, onSent), { objectMode: false });
}

async function* pieces(
  body: Extract<Body, { kind: 'file' }>,
  onSent: ((bytes: number) => void) | undefined,
): AsyncGenerator<Buffer> {
  const { path, start, length } = body;
  const stream = createReadStream(path, { start, end: start + length - 1, highWaterMark: 256 * 1024 });
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
