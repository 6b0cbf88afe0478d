import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { smallProject } from '../../project/testing/small-project.ts';
import { storedLocally } from './stored-data.ts';

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'ptp-stored-'));
});
afterEach(() => rm(state, { recursive: true }));

const project = smallProject(
  { services: [{ name: 'database', type: 'postgres', version: 17, storage: '1Gi' }] },
  { namespace: 'shop', instance: 'shared' },
);

test('every volume on the disk, those of other systems too, with what each takes', async () => {
  for (const name of ['shop_data-database-0', 'shop_left-over', 'other_data-database-0']) {
    const folder = join(state, 'shared/volumes', `pvc-1_${name}`, 'deep');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'file'), Buffer.alloc(100_000, 1));
  }
  const stored = await storedLocally(project, state);
  expect(stored.map(({ name, size }) => [name, size])).toEqual([
    ['other/data-database-0', undefined],
    ['database', '1Gi'],
    ['left-over', undefined],
  ]);
  for (const { used = 0 } of stored) {
    expect(used).toBeGreaterThanOrEqual(100_000);
    expect(used).toBeLessThan(150_000);
  }
});

test('a cluster that never was has nothing to lose', async () => {
  expect(await storedLocally(project, state)).toEqual([]);
});
