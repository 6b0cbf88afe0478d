import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { StepFailed } from '../../core/failure.ts';
import { layoutOf } from './layout.ts';
import { refuseLostRecords } from './lost-data.ts';
import { newRecord, writeRecord } from './record.ts';

let layout: ReturnType<typeof layoutOf>;
const wal = () => join(layout.etcd, 'member/wal');

beforeEach(async () => {
  layout = layoutOf('hello', mkdtempSync(join(tmpdir(), 'ptp-lost-')));
  await writeRecord(layout, await newRecord(layout, { http: 80, https: 443 }));
  mkdirSync(join(layout.volumes, 'pvc-1_hello_data'), { recursive: true });
  mkdirSync(wal(), { recursive: true });
  writeFileSync(join(wal(), '0-0.wal'), '');
});

test('a cluster that has all of it is started, and so is one that has nothing yet', async () => {
  await refuseLostRecords(layout);
  rmSync(layout.root, { recursive: true });
  await refuseLostRecords(layout);
});

test('a cluster that was begun and has no data yet is started', async () => {
  rmSync(layout.volumes, { recursive: true });
  rmSync(layout.etcd, { recursive: true });
  await refuseLostRecords(layout);
});

test('volumes on a disk of their own, which is empty yet, are no data', async () => {
  rmSync(layout.root, { recursive: true });
  mkdirSync(join(layout.volumes, 'lost+found'), { recursive: true });
  await refuseLostRecords(layout);
});

test.each([
  ['the record', () => layout.record],
  ['half of the record', () => layout.record],
  ['the database', wal],
])('without %s the volumes are nobody’s: it is said how to begin anew', async (what, file) => {
  rmSync(file(), { recursive: true });
  if (what.startsWith('half')) writeFileSync(file(), '{"number": 3');
  await expect(refuseLostRecords(layout)).rejects.toThrow(StepFailed);
  await expect(refuseLostRecords(layout)).rejects.toMatchObject({
    problems: [
      {
        next: expect.stringContaining('ptp down --data'),
        details: [expect.stringContaining('pvc-1_hello_data')],
      },
    ],
  });
});
