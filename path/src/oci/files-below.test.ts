import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesBelow } from './files-below.ts';

test('links are listed and not followed, not even in a circle', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'below-'));
  mkdirSync(join(folder, 'a/b'), { recursive: true });
  writeFileSync(join(folder, 'a/b/file'), '');
  symlinkSync('..', join(folder, 'a/b/above'));
  symlinkSync('nowhere', join(folder, 'dangling'));
  expect(await filesBelow(folder)).toEqual([
    { path: 'a/b/above', kind: 'symlink' },
    { path: 'a/b/file', kind: 'file' },
    { path: 'dangling', kind: 'symlink' },
  ]);
});
