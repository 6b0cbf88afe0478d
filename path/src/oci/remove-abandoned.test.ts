import { mkdirSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeAbandoned } from './remove-abandoned.ts';

test('only what has the prefix and is old goes, folders with their content', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'abandoned-'));
  const old = new Date(Date.now() - 25 * 60 * 60 * 1000);
  for (const name of ['work-old', 'work-new', 'kept-old']) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'file'), '');
    if (name.endsWith('old')) utimesSync(join(folder, name), old, old);
  }
  await removeAbandoned(folder, 'work-');
  expect(readdirSync(folder).sort()).toEqual(['kept-old', 'work-new']);
});
