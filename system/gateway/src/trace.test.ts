import { describe, expect, it } from 'vitest';
import { continueTrace } from './trace.ts';

const id = '0af7651916cd43dd8448eb211c80319c';
const parent = 'b7ad6b7169203331';

describe('continueTrace', () => {
  it('keeps the trace and its flags and takes a place of its own in it', () => {
    for (const flags of ['00', '01']) {
      const trace = continueTrace(`00-${id}-${parent}-${flags}`);
      expect(trace).toMatchObject({ traceId: id, continued: true });
      expect(trace.traceparent).toMatch(new RegExp(`^00-${id}-[0-9a-f]{16}-${flags}$`));
      expect(trace.traceparent).not.toContain(parent);
    }
  });

  it('reads later versions by the fields it knows', () => {
    expect(continueTrace(`01-${id}-${parent}-01-more`).continued).toBe(true);
  });

  it.each([
    undefined,
    '',
    'x',
    `ff-${id}-${parent}-01`,
    `00-${'0'.repeat(32)}-${parent}-01`,
    `00-${id}-${'0'.repeat(16)}-01`,
    `00-${id.toUpperCase()}-${parent}-01`,
    `00-${id}-${parent}-01-more`,
    `00-${id}-${parent}`,
    ` 00-${id}-${parent}-01`,
  ])('starts a trace instead of %j', (received) => {
    const trace = continueTrace(received);
    expect(trace.continued).toBe(false);
    expect(trace.traceparent).toBe(`00-${trace.traceId}-${trace.traceparent.slice(36, 52)}-01`);
    expect(trace.traceId).not.toBe(id);
  });

  it('never gives an id twice', () => {
    const seen = new Set(Array.from({ length: 5000 }, () => continueTrace(undefined).traceparent));
    expect(seen.size).toBe(5000);
  });
});
