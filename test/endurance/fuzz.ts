import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Journal } from './journal.ts';

const root = join(import.meta.dirname, '../..');

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

/** The tests that draw their inputs by lot, with so many times the usual number of draws. */
export async function fuzz(
  journal: Journal,
  { factor, seed }: { readonly factor: number; readonly seed: number },
): Promise<void> {
  const report = join(tmpdir(), `ptp-fuzz-${process.pid}.json`);
  await journal.attempt('inputs drawn by lot', `${factor} times the usual number of draws`, async () => {
    const code = await vitest(report, { PTP_FUZZ_RUNS: String(factor), PTP_FUZZ_SEED: String(seed) });
    const { testResults } = JSON.parse(await readFile(report, 'utf8')) as Report;
    await rm(report);
    const tests = testResults.flatMap(({ name, assertionResults }) =>
      assertionResults.map((test) => ({ ...test, file: name.slice(root.length + 1) })),
    );
    const failed = tests.filter(({ status }) => status !== 'passed');
    if (failed.length > 0) {
      const told = failed.map(({ file, fullName, failureMessages = [] }) =>
        [`${file}: ${fullName}`, ...failureMessages].join('\n').slice(0, 2000),
      );
      throw new Error(told.join('\n'));
    }
    if (code !== 0 || tests.length === 0)
      throw new Error(`vitest ended with ${code} after ${tests.length} tests`);
    return `${tests.length} properties in ${testResults.length} files held`;
  });
}

function vitest(report: string, env: Readonly<Record<string, string>>): Promise<number | null> {
  const args = ['run', '--project', 'unit', '.fuzz.test.ts', '--reporter=json', `--outputFile=${report}`];
  const child = spawn(join(root, 'node_modules/.bin/vitest'), args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}
