import { lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeClock } from '../../effects/node/clock.ts';
import { nodeProcesses } from '../../effects/node/processes.ts';
import { decompress } from './decompress.ts';

let folder: string;
let scratch: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptp-decompress-'));
  scratch = join(folder, 'scratch');
  await mkdir(scratch);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const context = () => ({
  emit: () => {},
  clock: nodeClock,
  processes: nodeProcesses,
  cache: folder,
  signal: new AbortController().signal,
});

const xz = await nodeProcesses.find('xz');

/** What xz makes of bytes that it can make a sixteenth of. */
async function compressed(size: number): Promise<Buffer> {
  const plain = join(folder, 'plain');
  const content = Buffer.alloc(size);
  for (let at = 0; at < size; at += 64) content.writeUInt32LE((at * 2_654_435_761) % 2 ** 32, at);
  await writeFile(plain, content);
  await nodeProcesses.run({ program: xz ?? '', args: ['-1', plain] });
  return readFile(`${plain}.xz`);
}

test.skipIf(xz === undefined)(
  'an xz file whose index lies is ended at its limit, and leaves nothing',
  async () => {
    const path = join(folder, 'lying.xz');
    const honest = await compressed(6 << 20);
    // Else the library would unpack it.
    expect(honest.byteLength).toBeGreaterThan(128 << 10);
    await writeFile(path, withIndexOf(honest, 1000));
    const file = { path, name: 'lying.xz', limit: 1 << 18 };
    await expect(decompress(context(), file, scratch)).rejects.toThrow(/more than 262144 bytes/);
    expect(await readdir(scratch)).toEqual(['unpacked.xz']);
    expect((await lstat(join(scratch, 'unpacked.xz'))).isSymbolicLink()).toBe(true);
  },
);

test.skipIf(xz === undefined).each([6 << 20, 1 << 16])(
  'an xz file of %i bytes that asks for 4 GiB of memory gets none',
  async (size) => {
    const path = join(folder, 'greedy.xz');
    await writeFile(path, greedy(await compressed(size)));
    const file = { path, name: 'greedy.xz', limit: size };
    await expect(decompress(context(), file, scratch)).rejects.toThrow(/greedy\.xz can't be unpacked: ./);
  },
);

/** An xz file whose first block says that it was made with a dictionary of 4 GiB. */
function greedy(file: Buffer): Buffer {
  const bytes = Buffer.from(file);
  const end = 12 + ((bytes[12] ?? 0) + 1) * 4;
  const at = bytes.indexOf(Buffer.from([0x21, 0x01]), 13) + 2;
  bytes[at] = 40;
  bytes.writeUInt32LE(crc32(bytes.subarray(12, end - 4)), end - 4);
  return bytes;
}

/** An xz file (format 1.2.0, one block) whose index says another uncompressed size. */
function withIndexOf(file: Buffer, size: number): Buffer {
  const footer = file.subarray(-12);
  const old = (footer.readUInt32LE(4) + 1) * 4;
  const index = file.subarray(file.byteLength - 12 - old, file.byteLength - 12);
  const number = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) + 128, ...number(Math.floor(value / 128))];
  let end = 2; // the indicator, and one record
  while (((index[end] ?? 0) & 0x80) !== 0) end += 1;
  const records = Buffer.from([0, 1, ...index.subarray(2, end + 1), ...number(size)]);
  const padded = Buffer.concat([records, Buffer.alloc((4 - (records.byteLength % 4)) % 4)]);
  const sum = (bytes: Buffer) => {
    const field = Buffer.alloc(4);
    field.writeUInt32LE(crc32(bytes));
    return field;
  };
  const tail = Buffer.alloc(6);
  tail.writeUInt32LE((padded.byteLength + 4) / 4 - 1);
  footer.copy(tail, 4, 8, 10);
  return Buffer.concat([
    file.subarray(0, file.byteLength - 12 - old),
    padded,
    sum(padded),
    sum(tail),
    tail,
    Buffer.from('YZ'),
  ]);
}
