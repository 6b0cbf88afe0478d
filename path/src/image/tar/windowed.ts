import type { FileHandle } from 'node:fs/promises';
import type { ReadArchive } from './entries.ts';

const ahead = 256 << 10;

/** Reads a file by some large pieces instead of many small ones, as long as it is read forwards. */
export function windowed(file: FileHandle): ReadArchive {
  let start = 0;
  let bytes = Buffer.alloc(0);
  return async (offset, length) => {
    if (offset < start || offset + length > start + bytes.byteLength) {
      const buffer = Buffer.allocUnsafe(Math.max(ahead, length));
      const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, offset);
      [start, bytes] = [offset, buffer.subarray(0, bytesRead)];
    }
    return bytes.subarray(offset - start, offset - start + length);
  };
}
