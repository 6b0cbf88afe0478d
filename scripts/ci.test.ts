import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';

/** Runs .ci/run with an `npm` on PATH that prints and ends as told. */
async function ci(npm: string) {
  const tools = await mkdtemp(join(tmpdir(), 'ptp-ci-'));
  try {
    await writeFile(join(tools, 'npm'), `#!/bin/sh\n${npm}\n`);
    await chmod(join(tools, 'npm'), 0o755);
    const run = spawnSync(join(import.meta.dirname, '../.ci/run'), {
      encoding: 'utf8',
      env: { ...process.env, PATH: [tools, process.env.PATH].join(delimiter) },
    });
    return { code: run.status, last: run.stdout.trimEnd().split('\n').at(-1) };
  } finally {
    await rm(tools, { recursive: true });
  }
}

test('the last line is the sum, whatever npm says after it', async () => {
  expect(await ci('echo "3 passed, 0 failed"')).toEqual({ code: 0, last: '3 passed, 0 failed' });
  expect(await ci('echo "2 passed, 1 failed"; echo "npm error code 1" >&2; exit 1')).toEqual({
    code: 1,
    last: '2 passed, 1 failed',
  });
});

test('a set-up that fails before the sum is a failure', async () => {
  expect(await ci('echo "setup: npm ci failed" >&2; exit 1')).toEqual({
    code: 1,
    last: '0 passed, 1 failed',
  });
  expect(await ci('exit 0')).toEqual({ code: 1, last: '0 passed, 1 failed' });
});
