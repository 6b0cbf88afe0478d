import type { Readable } from 'node:stream';

/** Of a body that others send, `bytes` have to come within `time` milliseconds of waiting, again and again. */
export interface Pace {
  readonly bytes: number;
  readonly time: number;
}

/** A modem of 1990 was faster. A timeout between two pieces would begin anew with every byte. */
export const usualPace: Pace = { bytes: 64 * 1024, time: 60_000 };

/**
 * A body's bytes as they come; ends with the error that `late` makes where they come too slowly. What the reader does
 * in between is not counted.
 */
export function atPace(body: Readable, pace: Pace, late: () => Error): AsyncGenerator<Buffer> {
  // It may break before it is read, and reading tells of that; without a listener the process would end.
  body.on('error', () => {});
  return piecesOf(body, pace, late);
}

async function* piecesOf(body: Readable, pace: Pace, late: () => Error): AsyncGenerator<Buffer> {
  const pieces: AsyncIterator<Buffer> = body[Symbol.asyncIterator]();
  let waited = 0;
  let bytes = 0;
  try {
    for (;;) {
      const began = performance.now();
      const timer = setTimeout(() => body.destroy(late()), Math.max(0, pace.time - waited));
      const piece = await pieces.next().finally(() => clearTimeout(timer));
      waited += performance.now() - began;
      if (piece.done === true) return;
      bytes += piece.value.byteLength;
      if (bytes >= pace.bytes) [waited, bytes] = [0, 0];
      yield piece.value;
    }
  } finally {
    // Does nothing after the end, where the connection serves again.
    body.destroy();
  }
}
