import { expect, test } from 'vitest';
import { GoProgram } from './go-program.ts';

const magic = Buffer.from(['\xff Go build', 'inf:'].join(''), 'latin1');

function text(value: string): Buffer {
  const length: number[] = [];
  let left = value.length;
  for (; left >= 0x80; left >>= 7) length.push((left & 0x7f) | 0x80);
  return Buffer.concat([Buffer.from([...length, left]), Buffer.from(value, 'latin1')]);
}

/** A program as Go lays it out: something, what it was built from at a place that 16 divides, something. */
function program(info: string, before = 4096): Buffer {
  const header = Buffer.alloc(32);
  magic.copy(header);
  header.writeUInt8(8, 14);
  header.writeUInt8(2, 15);
  const edge = '\u0001'.repeat(16);
  return Buffer.concat([
    Buffer.alloc(before, 7),
    header,
    text('go1.26.8'),
    text(edge + info + edge),
    Buffer.alloc(99),
  ]);
}

const info = [
  'path\texample.com/app',
  'mod\texample.com/app\t(devel)\t',
  'dep\texample.com/a\tv1.0.0\th1:AAAA=',
  'dep\texample.com/b\tv1.0.0',
  '=>\texample.com/fork\tv2.0.0\th1:BBBB=',
  'build\tCGO_ENABLED=0',
  '',
].join('\n');

function read(bytes: Buffer, size: number) {
  const found = new GoProgram();
  for (let at = 0; at < bytes.length; at += size) found.add(bytes.subarray(at, at + size));
  return found.modules();
}

test.each([1, 7, 15, 16, 100, 4096, 1 << 20])('a program tells its modules, in pieces of %i', (size) => {
  expect(read(program(info), size)).toEqual([
    { type: 'golang', name: 'stdlib', version: '1.26.8' },
    { type: 'golang', name: 'example.com/a', version: 'v1.0.0', sum: 'h1:AAAA=' },
    { type: 'golang', name: 'example.com/fork', version: 'v2.0.0', sum: 'h1:BBBB=' },
  ]);
});

test('a text that only mentions the mark is passed over', () => {
  const mentions = Buffer.concat([Buffer.alloc(5), magic, Buffer.alloc(16 - 5 - magic.length + 16)]);
  expect(read(Buffer.concat([mentions, program(info, 32)]), 10)).toHaveLength(3);
});

test('what is no program in Go, or was cut off, tells nothing', () => {
  expect(read(Buffer.alloc(10_000), 100)).toEqual([]);
  expect(read(program(info).subarray(0, 4096 + 50), 100)).toEqual([]);
  expect(read(program(info).subarray(0, 4096 + 10), 100)).toEqual([]);
});
