import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fuzzed } from '../../core/fuzz.test-support.ts';
import { readDynamics } from './elf.ts';

const number = fc.oneof(
  fc.bigInt({ min: 0n, max: 200n }),
  fc.constantFrom(0n, 1n, 64n, 120n, 512n, 2n ** 31n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
);
const segment = fc.record({
  type: fc.constantFrom(0, 1, 2, 3, 7),
  offset: number,
  address: number,
  size: number,
});
const tag = fc.tuple(fc.constantFrom(0n, 1n, 1n, 5n, 99n, 2n ** 64n - 1n), number);

test('of any ELF file little is read, and what it needs, or nothing, comes of it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(segment, { maxLength: 6 }),
      fc.array(tag, { maxLength: 30 }),
      fc.record({ table: number, entry: fc.nat(65_535), count: fc.nat(65_535) }),
      fc.boolean(),
      fc.uint8Array({ maxLength: 300 }),
      async (segments, tags, head, usual, rest) => {
        const file = Buffer.alloc(2048);
        file.set(rest, 1024);
        file.writeUInt32BE(0x7f454c46, 0);
        file.writeUInt16BE(0x0201, 4);
        file.writeBigUInt64LE(usual ? 64n : head.table, 32);
        file.writeUInt16LE(usual ? 56 : head.entry, 54);
        file.writeUInt16LE(usual ? segments.length : head.count, 56);
        for (const [index, { type, offset, address, size }] of segments.entries()) {
          const at = 64 + index * 56;
          file.writeUInt32LE(type, at);
          file.writeBigUInt64LE(type === 2 && usual ? 512n : offset, at + 8);
          file.writeBigUInt64LE(address, at + 16);
          file.writeBigUInt64LE(size, at + 32);
        }
        for (const [index, [key, value]] of tags.entries()) {
          file.writeBigUInt64LE(key, 512 + index * 16);
          file.writeBigUInt64LE(value, 520 + index * 16);
        }
        let reads = 0;
        const found = await readDynamics(async (offset, length) => {
          reads += 1;
          expect(offset).toBeGreaterThanOrEqual(0);
          expect(length).toBeLessThanOrEqual(1 << 20);
          return file.subarray(Math.min(offset, file.byteLength), Math.min(offset + length, file.byteLength));
        });
        expect(reads).toBeLessThan(1100);
        for (const name of found?.needed ?? []) expect(name.length).toBeLessThanOrEqual(256);
      },
    ),
    fuzzed(200),
  );
});
