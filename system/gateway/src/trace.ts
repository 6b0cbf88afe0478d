import { randomFillSync } from 'node:crypto';

/** A position in a trace: what is logged, and what is sent on. */
export interface Trace {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** The header for the next hop. */
  readonly traceparent: string;
  /** Whether the caller's trace goes on; if not, its tracestate must not be sent on. */
  readonly continued: boolean;
}

const SHAPE = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NO_TRACE = '0'.repeat(32);
const NO_PARENT = '0'.repeat(16);

/**
 * Continues the caller's trace, or starts one (W3C Trace Context, section 3.2 and 4).
 * A started trace is marked as sampled: otherwise services that obey their parent would record nothing.
 * @param received the value of the one `traceparent` header, if there was exactly one
 */
export function continueTrace(received: string | undefined): Trace {
  const span = randomHex(8);
  const match = received === undefined ? null : SHAPE.exec(received);
  if (match !== null) {
    const [, version = '', traceId = '', parent = '', flags = '', more] = match;
    const known = version === '00' ? more === undefined : version !== 'ff';
    if (known && traceId !== NO_TRACE && parent !== NO_PARENT) {
      return { traceId, traceparent: `00-${traceId}-${span}-${flags}`, continued: true };
    }
  }
  const traceId = randomHex(16);
  return { traceId, traceparent: `00-${traceId}-${span}-01`, continued: false };
}

const store = Buffer.allocUnsafe(8192);
let used = store.length;

/** Random bytes as hexadecimal digits, from a store that is filled seldom: asking for 8 bytes is slow. */
function randomHex(bytes: number): string {
  if (used + bytes > store.length) {
    randomFillSync(store);
    used = 0;
  }
  used += bytes;
  return store.toString('hex', used - bytes, used);
}
