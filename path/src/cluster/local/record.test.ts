import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { layoutOf } from './layout.ts';
import { freeNumber, newRecord, readRecord, writeRecord } from './record.ts';

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'ptp-record-'));
});
afterEach(() => rm(state, { recursive: true }));

test('a record is read back as it was written, by its owner alone, with secrets that do not print', async () => {
  const layout = layoutOf('one', state);
  const record = await newRecord(layout, { http: 80, https: 443 });
  await writeRecord(layout, record);
  const read = await readRecord(layout);
  expect(read?.registryPassword.reveal()).toBe(record.registryPassword.reveal());
  expect(read?.number).toBe(record.number);
  expect(JSON.stringify(read)).not.toContain(record.registryPassword.reveal());
  expect((await stat(layout.record)).mode & 0o777).toBe(0o600);
});

test('instances on one machine never share a number', async () => {
  const numbers = new Set<number>();
  for (let index = 0; index < 30; index++) {
    const layout = layoutOf(`instance-${index}`, state);
    const record = await newRecord(layout, { http: 80, https: 443 });
    await writeRecord(layout, record);
    numbers.add(record.number);
  }
  expect(numbers.size).toBe(30);
});

test('a number that is taken gives way to the next, around the end of the range', () => {
  const first = freeNumber('hello', new Set());
  const second = freeNumber('hello', new Set([first]));
  expect(second).toBe((first % 250) + 1);
  const all = new Set(Array.from({ length: 250 }, (_, index) => index + 1));
  expect(() => freeNumber('hello', all)).toThrow('250 local clusters');
});

test('half a record counts as none', async () => {
  const layout = layoutOf('half', state);
  await mkdir(layout.root, { recursive: true });
  await writeFile(layout.record, '{"number": 3');
  expect(await readRecord(layout)).toBeUndefined();
  await writeFile(layout.record, '{"number": 3}');
  expect(await readRecord(layout)).toBeUndefined();
});
