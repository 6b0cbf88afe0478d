import type { Readable } from 'node:stream';

/** How long a registry is waited for, in milliseconds. */
export interface Patience {
  /** Until a connection stands. */
  readonly connect: number;
  /** From the last byte that was sent to the head of the answer. */
  readonly answer: number;
  /** Of a body, `bytes` have to come within `time` of waiting, again and again. */
  readonly pace: { readonly bytes: number; readonly time: number };
}

/** The patience with registries in earnest. */
export const usualPatience: Patience = {
  connect: 10_000,
  // Registries check and move a blob before they answer; on object storage that takes minutes for large ones.
  answer: 300_000,
  // A timeout between two pieces would begin anew with every byte.
  pace: { bytes: 64 * 1024, time: 60_000 },
};

/** What had to be waited for too long. */
export class WireTimeout extends Error {
  readonly code: 'CONNECT_TIMEOUT' | 'ANSWER_TIMEOUT' | 'BODY_TIMEOUT';

  constructor(code: WireTimeout['code']) {
    super(code);
    this.code = code;
  }
}

/**
 * A body's bytes as they come; ends with a WireTimeout where they come too slowly. What the reader does in between is
 * not counted.
 */
export async function* atPace(body: Readable, pace: Patience['pace']): AsyncGenerator<Buffer> {
  const pieces: AsyncIterator<Buffer> = body[Symbol.asyncIterator]();
  let waited = 0;
  let bytes = 0;
  try {
    for (;;) {
      const began = performance.now();
      const late = () => body.destroy(new WireTimeout('BODY_TIMEOUT'));
      const timer = setTimeout(late, Math.max(0, pace.time - waited));
      const piece = await pieces.next().finally(() => clearTimeout(timer));
      waited += performance.now() - began;
      if (piece.done === true) return;
      bytes += piece.value.byteLength;
      if (bytes >= pace.bytes) [waited, bytes] = [0, 0];
      yield piece.value;
    }
  } finally {
    // Nothing after its end, where the connection serves again.
    body.destroy();
  }
}

const mostDiscarded = 64 * 1024;
const longestDiscard = 5_000;

/** Reads away a body that nobody wants, so that its connection serves again; one that is long or slow costs it that. */
export async function discard(body: Readable, pace: Patience['pace']): Promise<void> {
  let length = 0;
  const quick = { bytes: mostDiscarded, time: Math.min(longestDiscard, pace.time) };
  try {
    for await (const piece of atPace(body, quick)) {
      length += piece.byteLength;
      if (length > mostDiscarded) return;
    }
  } catch {
    // It is not wanted, whatever happened to it.
  }
}
