import type { Readable } from 'node:stream';
import { atPace as bytesAtPace, type Pace, usualPace } from '../effects/at-pace.ts';

/** How long a registry is waited for, in milliseconds. */
export interface Patience {
  /** Until a connection stands. */
  readonly connect: number;
  /** From the last byte that was sent to the head of the answer. */
  readonly answer: number;
  readonly pace: Pace;
}

/** The patience with registries in earnest. */
export const usualPatience: Patience = {
  connect: 10_000,
  // Registries check and move a blob before they answer; on object storage that takes minutes for large ones.
  answer: 300_000,
  pace: usualPace,
};

/** What had to be waited for too long. */
export class WireTimeout extends Error {
  readonly code: 'CONNECT_TIMEOUT' | 'ANSWER_TIMEOUT' | 'BODY_TIMEOUT';

  constructor(code: WireTimeout['code']) {
    super(code);
    this.code = code;
  }
}

/** A body's bytes as they come; ends with a WireTimeout where they come too slowly. */
export function atPace(body: Readable, pace: Pace): AsyncGenerator<Buffer> {
  return bytesAtPace(body, pace, () => new WireTimeout('BODY_TIMEOUT'));
}

const mostDiscarded = 64 * 1024;
const longestDiscard = 5_000;

/** Reads away a body that nobody wants, so that its connection serves again; one that is long or slow costs it that. */
export async function discard(body: Readable, pace: Pace): Promise<void> {
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
