import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkProgram, programHeader } from './plan.ts';

/** A 64-bit ELF file with program headers of these types. */
function elf(...types: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(64 + types.length * 56);
  bytes.write('\x7fELF\x02\x01', 'latin1');
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(types.length, 56);
  for (const [index, type] of types.entries()) bytes.writeUInt32LE(type, 64 + index * 56);
  return bytes;
}

test('the program that runs this test is dynamic', () => {
  expect(programHeader(readFileSync(process.execPath).subarray(0, 4096))).toEqual({
    elf: true,
    dynamic: true,
  });
});

test("a program without a loader is taken; others are the user's mistake", () => {
  expect(() => checkProgram('/p', programHeader(elf(1, 1, 6)))).not.toThrow();
  expect(() => checkProgram('/p', programHeader(elf(1, 3)))).toThrow(/linked dynamically/);
  expect(() => checkProgram('/p', programHeader(Buffer.from('#!/bin/sh\n')))).toThrow(
    /no 64-bit Linux program/,
  );
});
