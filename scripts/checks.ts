import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { countReport } from './vitest-report.ts';

/** Something the gate runs. */
export interface Check {
  readonly name: string;
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** It is a run of vitest, whose tests count one by one; else the whole counts as one. */
  readonly tests?: boolean;
}

/** What came of it. */
export interface Result {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  readonly output: string;
}

const root = join(import.meta.dirname, '..');
const vitest = (project: string): Check => ({
  name: `${project} tests`,
  command: ['vitest', 'run', '--project', project],
  tests: true,
});

/** Quick ones, without a cluster; those of a group run beside each other. */
export const quickChecks: readonly (readonly Check[])[] = [
  [
    { name: 'format and lint', command: ['biome', 'ci', '--error-on-warnings', '--colors=off', '.'] },
    { name: 'imports point one way', command: ['node', 'scripts/imports.ts'] },
    { name: 'reference is up to date', command: ['node', 'scripts/reference.ts', '--check'] },
  ],
  [{ name: 'types', command: ['tsc', '--noEmit'] }],
  [vitest('unit')],
];

/** Slow ones, one after the other: real registries, real browsers, a real cluster. */
export const slowChecks: readonly Check[] = [vitest('contract'), vitest('end-to-end')];

/**
 * Runs a check to its end. `live`: what it prints is shown as it comes, else only kept.
 * `folder` is the repository unless a test says another.
 */
export async function runCheck(check: Check, { live = false, folder = root } = {}): Promise<Result> {
  const began = performance.now();
  const scratch = await mkdtemp(join(tmpdir(), 'ptp-check-'));
  try {
    const report = join(scratch, 'report.json');
    const reporters = [
      `--reporter=${live ? 'default' : 'dot'}`,
      '--reporter=json',
      `--outputFile.json=${report}`,
    ];
    const [program = '', ...args] = check.command;
    const { code, output } = await run(
      program,
      check.tests === true ? [...args, ...reporters] : args,
      live,
      folder,
    );
    const counted =
      check.tests === true
        ? countReport(await readFile(report, 'utf8').catch(() => undefined), code)
        : { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
    return { name: check.name, ...counted, seconds: (performance.now() - began) / 1000, output };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function run(
  program: string,
  args: readonly string[],
  live: boolean,
  cwd: string,
): Promise<{ readonly code: number; readonly output: string }> {
  const path = [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PATH: path, ...(live ? {} : { NO_COLOR: '1' }) },
    });
    const chunks: Buffer[] = [];
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      if (live) process.stdout.write(chunk);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', (error) => resolve({ code: 127, output: `${program}: ${error.message}\n` }));
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() }));
  });
}

/** A result in a line, with what it printed where it failed (and had not been shown already). */
export function resultText(
  { name, passed, failed, skipped, seconds, output }: Result,
  shown = false,
): string {
  const counts = [
    `${passed} passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ];
  const line = `${failed === 0 ? '✔' : '✘'} ${name}: ${counts.join(', ')} (${seconds.toFixed(1)} s)\n`;
  return failed === 0 || shown ? line : `${output.trimEnd()}\n${line}`;
}

/** The last line of a run, and its exit code: nothing passed is a failure too. */
export function verdict(results: readonly Result[]): { readonly line: string; readonly code: number } {
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  return { line: `${passed} passed, ${failed} failed`, code: failed > 0 || passed === 0 ? 1 : 0 };
}
