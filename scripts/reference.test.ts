import { spawnSync } from 'node:child_process';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const script = join(import.meta.dirname, 'reference.ts');
const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });

test('the check fails on a page that is missing or edited by hand, and passes once it is written', async () => {
  const root = await mkdtemp(join(tmpdir(), 'ptp-reference-'));
  try {
    const missing = run('--check', '--root', root);
    expect(missing.status).toBe(1);
    expect(missing.stderr).toContain('docs/reference/ptp-yaml.md: out of date');
    expect(run('--root', root).status).toBe(0);
    expect(run('--check', '--root', root)).toMatchObject({ status: 0, stderr: '' });
    await appendFile(join(root, 'docs/reference/ptp-yaml.md'), 'more\n');
    expect(run('--check', '--root', root).status).toBe(1);
  } finally {
    await rm(root, { recursive: true });
  }
});
