import { open } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Tree } from './content.ts';
import { readDynamics } from './elf.ts';
import { findLoadable } from './loadable.ts';

/**
 * The smallest ELF file that names libraries: a header, three segments, a dynamic section, its strings; `others` bytes
 * of these are before the libraries' names.
 */
function makeElf(needed: readonly string[], program = false, others = 0): Buffer {
  const strings = Buffer.from(`${'x'.repeat(others)}\0${needed.map((name) => `${name}\0`).join('')}`);
  const base = 0x400000;
  const sectionAt = 64 + 3 * 56;
  const section = Buffer.alloc((needed.length + 3) * 16);
  const stringsAt = sectionAt + section.length;
  const tag = (index: number, key: number, value: number) => {
    section.writeBigUInt64LE(BigInt(key), index * 16);
    section.writeBigUInt64LE(BigInt(value), index * 16 + 8);
  };
  let from = others + 1;
  for (const [index, name] of needed.entries()) {
    tag(index, 1, from);
    from += name.length + 1;
  }
  tag(needed.length, 5, base + stringsAt);
  tag(needed.length + 1, 10, strings.length);
  const header = Buffer.alloc(64 + 3 * 56);
  header.write('\x7fELF\x02\x01', 'latin1');
  header.writeBigUInt64LE(64n, 32);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(3, 56);
  const segment = (index: number, type: number, at: number, size: number) => {
    header.writeUInt32LE(type, 64 + index * 56);
    header.writeBigUInt64LE(BigInt(at), 64 + index * 56 + 8);
    header.writeBigUInt64LE(BigInt(base + at), 64 + index * 56 + 16);
    header.writeBigUInt64LE(BigInt(size), 64 + index * 56 + 32);
  };
  segment(0, 1, 0, stringsAt + strings.length);
  segment(1, needed.length === 0 ? 4 : 2, sectionAt, section.length);
  segment(2, program ? 3 : 4, 0, 1);
  return Buffer.concat([header, section, strings]);
}

function treeOf(files: Readonly<Record<string, Buffer | string>>): Tree {
  const tree: Tree = new Map();
  for (const [path, content] of Object.entries(files)) {
    const common = { path, mode: 0o755, uid: 0, gid: 0 };
    if (typeof content === 'string') tree.set(path, { ...common, kind: 'symlink', target: content });
    else {
      const at = async (offset: number, length: number) => content.subarray(offset, offset + length);
      tree.set(path, { ...common, kind: 'file', size: content.length, content: () => content, at });
    }
  }
  return tree;
}

test('the libraries of a real program are read: the one that runs this test', async () => {
  const file = await open(process.execPath);
  try {
    const read = await readDynamics(async (offset, length) => {
      const bytes = Buffer.alloc(length);
      const { bytesRead } = await file.read(bytes, 0, length, offset);
      return bytes.subarray(0, bytesRead);
    });
    expect(read?.program).toBe(true);
    expect(read?.needed).toContain('libc.so.6');
  } finally {
    await file.close();
  }
});

test('what is no ELF file, is cut off, or is linked statically needs nothing', async () => {
  const read = (bytes: Buffer) =>
    readDynamics(async (offset, length) => bytes.subarray(offset, offset + length));
  expect(await read(Buffer.from('#!/bin/sh\n'.repeat(10)))).toBeUndefined();
  expect(await read(makeElf([]))).toBeUndefined();
  expect(await read(makeElf(['libc.so.6']).subarray(0, 64))).toBeUndefined();
});

test('names are read wherever they are in a large table', async () => {
  const large = makeElf(['libc.so.6', 'libm.so.6'], false, 3_000_000);
  const read = await readDynamics(async (offset, length) => large.subarray(offset, offset + length));
  expect(read?.needed).toEqual(['libc.so.6', 'libm.so.6']);
});

test('a module whose library is missing is left out with all that needs it; a program is told of', async () => {
  const found = await findLoadable(
    treeOf({
      'usr/lib/app/jit.so': makeElf(['libcompiler.so.1', 'libc.so.6']),
      'usr/lib/libfirst.so.1.2': makeElf(['libgone.so.3']),
      'usr/lib/libfirst.so.1': 'libfirst.so.1.2',
      'usr/lib/libsecond.so.1': makeElf(['libfirst.so.1']),
      'usr/lib/libgood.so.1': makeElf(['libc.so.6']),
      'usr/bin/broken': makeElf(['libsecond.so.1'], true),
      'usr/bin/fine': makeElf(['libgood.so.1', 'libc.so.6'], true),
    }),
    ['libc.so.6'],
  );
  expect([...found.left]).toEqual([
    ['usr/lib/app/jit.so', 'libcompiler.so.1'],
    ['usr/lib/libfirst.so.1.2', 'libgone.so.3'],
    ['usr/lib/libfirst.so.1', 'libgone.so.3'],
    ['usr/lib/libsecond.so.1', 'libfirst.so.1'],
  ]);
  expect([...found.broken]).toEqual([['usr/bin/broken', 'libsecond.so.1']]);
  expect(found.libraries.toSorted()).toEqual(['libc.so.6', 'libgood.so.1']);
});

test('bitcode is of no use without the compiler, and stays with it', async () => {
  const bitcode = treeOf({
    'usr/lib/app/bitcode/a.bc': Buffer.from('BC\xc0\xde....', 'latin1'),
    'usr/share/a.bc': Buffer.from('scale=2'),
  });
  expect([...(await findLoadable(bitcode, [])).bitcode]).toEqual(['usr/lib/app/bitcode/a.bc']);
  expect((await findLoadable(bitcode, ['libLLVM.so.19.1'])).bitcode.size).toBe(0);
});
