import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Event } from '../core/event.ts';
import type { StoredBlob } from '../core/handover.ts';
import { DamagedBlob } from './damage.ts';
import { digestOf } from './digest.ts';
import { fileIdentity } from './file-identity.ts';
import { Store } from './store.ts';

function newStore() {
  const cache = mkdtempSync(join(tmpdir(), 'store-'));
  const events: Event[] = [];
  return { cache, events, store: new Store({ cache, emit: (event) => events.push(event) }) };
}
const bytes = Buffer.from('some bytes of a blob');

test('a blob lies below its digest and is read back', async () => {
  const { cache, store, events } = newStore();
  const blob = await store.put(bytes, 'text/plain');
  expect(blob.descriptor).toEqual({ mediaType: 'text/plain', digest: digestOf(bytes), size: bytes.length });
  expect(blob.path).toBe(join(cache, 'blobs/sha256', digestOf(bytes).slice(7)));
  expect(readFileSync(blob.path)).toEqual(bytes);
  expect(await store.read(blob.descriptor)).toEqual(bytes);
  expect(await store.find(blob.descriptor)).toEqual(blob);
  expect(readdirSync(join(cache, 'blobs/incoming'))).toEqual([]);
  expect(events).toEqual([]);
});

test('a stream is stored under the digest of all its chunks', async () => {
  const { store } = newStore();
  const blob = await store.put(
    (async function* () {
      yield bytes.subarray(0, 5);
      yield bytes.subarray(5);
    })(),
  );
  expect(blob.descriptor.digest).toBe(digestOf(bytes));
});

test('what fails half way leaves nothing', async () => {
  const { cache, store } = newStore();
  const failing = (async function* () {
    yield bytes;
    throw new Error('connection lost');
  })();
  await expect(store.put(failing)).rejects.toThrow('connection lost');
  expect(readdirSync(join(cache, 'blobs/sha256'))).toEqual([]);
  expect(readdirSync(join(cache, 'blobs/incoming'))).toEqual([]);
});

test('another digest than expected is refused', async () => {
  const { cache, store } = newStore();
  await expect(store.put(bytes, 'text/plain', digestOf('else'))).rejects.toThrow(/should be sha256:/);
  expect(readdirSync(join(cache, 'blobs/sha256'))).toEqual([]);
});

test('a truncated blob is noticed, told of once, and can be put again', async () => {
  const { store, events } = newStore();
  const blob = await store.put(bytes);
  truncateSync(blob.path, 4);
  expect(await store.find(blob.descriptor)).toBeUndefined();
  expect(events).toMatchObject([
    { kind: 'warning', problem: { what: expect.stringContaining('damaged'), where: { file: blob.path } } },
  ]);
  expect(await store.has(blob.descriptor)).toBe(false);
  expect(events).toHaveLength(1);
  await store.put(bytes);
  expect(await store.has(blob.descriptor)).toBe(true);
});

test('a flipped byte is noticed though size and modification time are as before', async () => {
  const { store, events } = newStore();
  const blob = await store.put(bytes);
  const before = statSync(blob.path);
  const flipped = Buffer.from(bytes);
  flipped[3] = 0;
  writeFileSync(blob.path, flipped);
  utimesSync(blob.path, before.atime, before.mtime);
  expect(await store.find(blob.descriptor)).toBeUndefined();
  expect(events).toMatchObject([{ kind: 'warning', problem: { what: expect.stringContaining('damaged') } }]);
});

test('putting over a damaged blob mends it', async () => {
  const { store } = newStore();
  const blob = await store.put(bytes);
  writeFileSync(blob.path, 'nonsense');
  await store.put(bytes);
  expect(await store.read(blob.descriptor)).toEqual(bytes);
});

/** Bytes change and the file's size, times and inode do not: as a disk loses them, without a word. */
async function rot({ cache, store }: Pick<ReturnType<typeof newStore>, 'cache' | 'store'>, blob: StoredBlob) {
  writeFileSync(blob.path, 'x'.repeat(blob.descriptor.size));
  const note = join(cache, 'stat/blobs', blob.descriptor.digest.slice(7));
  writeFileSync(note, (await fileIdentity(blob.path)) ?? '');
  expect(await store.find(blob.descriptor), 'the times tell nothing').toEqual(blob);
}

test('what the times of a file do not tell is noticed where bytes are needed', async () => {
  const { cache, store, events } = newStore();
  const blob = await store.put(bytes);
  await rot({ cache, store }, blob);
  expect(await store.verified(blob.descriptor)).toBeUndefined();
  expect(events).toHaveLength(1);
  expect(await store.find(blob.descriptor), 'nor is it used afterwards').toBeUndefined();
  await store.put(bytes);
  expect(await store.verified(blob.descriptor)).toEqual(blob);
});

test('putting mends what the times of a file do not tell', async () => {
  const { cache, store } = newStore();
  const blob = await store.put(bytes);
  for (const content of [bytes, chunked()]) {
    await rot({ cache, store }, blob);
    await store.put(content);
    expect(readFileSync(blob.path)).toEqual(bytes);
  }
  async function* chunked() {
    yield bytes;
  }
});

test('a blob that is distrusted is hashed before it is used', async () => {
  const { cache, store } = newStore();
  const blob = await store.put(bytes);
  await rot({ cache, store }, blob);
  await store.distrust([blob.descriptor.digest]);
  expect(await store.find(blob.descriptor)).toBeUndefined();
});

test('reading verifies the bytes themselves', async () => {
  const { store, events } = newStore();
  const blob = await store.put(bytes);
  writeFileSync(blob.path, 'x'.repeat(bytes.length));
  await expect(store.read(blob.descriptor)).rejects.toThrow(/damaged/);
  expect(await store.find(blob.descriptor)).toBeUndefined();
  expect(events).toHaveLength(1);
  rmSync(blob.path);
  await expect(store.read(blob.descriptor)).rejects.toThrow(DamagedBlob);
});

test('two stores on one folder put the same blob at once', async () => {
  const { cache, store } = newStore();
  const other = new Store({ cache, emit: () => {} });
  const large = Buffer.alloc(5_000_000, 'x');
  const blobs = await Promise.all([store.put(large), other.put(large), store.put(large), other.put(large)]);
  expect(new Set(blobs.map((blob) => blob.descriptor.digest)).size).toBe(1);
  expect(await store.read(blobs[0].descriptor)).toEqual(large);
});
