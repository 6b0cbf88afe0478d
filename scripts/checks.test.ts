import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resultText, runCheck, verdict } from './checks.ts';

async function withTests<T>(files: Record<string, string>, body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'ptp-vitest-'));
  try {
    await mkdir(join(folder, 'node_modules'));
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const vitest = { name: 'unit tests', command: ['vitest', 'run', '--globals'], tests: true };

test('the tests of a real run are counted one by one; a file that breaks counts as one failure', async () => {
  const files = {
    'a.test.js': "test('one', () => {}); test('two', () => expect(1).toBe(2)); test.skip('three', () => {});",
    'b.test.js': "throw new Error('broken before any test');",
  };
  const result = await withTests(files, (folder) => runCheck(vitest, { folder }));
  expect(result).toMatchObject({ passed: 1, failed: 2, skipped: 1 });
  expect(resultText(result)).toContain('broken before any test');
});

test('no tests at all, and an error outside of every test, are failures', async () => {
  expect(await withTests({}, (folder) => runCheck(vitest, { folder }))).toMatchObject({
    passed: 0,
    failed: 1,
  });
  const unhandled = "test('one', async () => { Promise.reject(new Error('nobody listens')); });";
  const result = await withTests({ 'a.test.js': unhandled }, (folder) => runCheck(vitest, { folder }));
  expect(result).toMatchObject({ passed: 1, failed: 1 });
});

test('any other check counts as one, by its exit code', async () => {
  const check = (code: number) => ({
    name: 'x',
    command: ['node', '-e', `console.log('said'); process.exit(${code})`],
  });
  const good = await runCheck(check(0));
  const bad = await runCheck(check(3));
  expect(good).toMatchObject({ passed: 1, failed: 0 });
  expect(bad).toMatchObject({ passed: 0, failed: 1 });
  expect(resultText(good)).not.toContain('said');
  expect(resultText(bad)).toMatch(/^said\n✘ x: 0 passed, 1 failed/);
  expect(await runCheck({ name: 'x', command: ['no-such-program'] })).toMatchObject({ failed: 1 });
});

test('the verdict sums up, and nothing is not a success', () => {
  const result = { name: 'x', passed: 2, failed: 0, skipped: 1, seconds: 0, output: '' };
  expect(verdict([result, result])).toEqual({ line: '4 passed, 0 failed', code: 0 });
  expect(verdict([result, { ...result, failed: 1 }])).toEqual({ line: '4 passed, 1 failed', code: 1 });
  expect(verdict([])).toEqual({ line: '0 passed, 0 failed', code: 1 });
});
