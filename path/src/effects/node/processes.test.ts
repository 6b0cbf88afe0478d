import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UserMistake } from '../../core/failure.ts';
import { nodeProcesses } from './processes.ts';

const never = new AbortController().signal;

/** How many processes have the word among their arguments. */
function processesWith(word: string): number {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(word);
    } catch {
      return false;
    }
  }).length;
}

/** A program with a child and a grandchild, all of which would run for long. */
function family(word: string): { readonly program: string; readonly args: readonly string[] } {
  return {
    program: 'sh',
    args: ['-c', `sh -c "sh -c 'sleep 600; : ${word}' & sleep 600; : ${word}" & sleep 600; : ${word}`],
  };
}

test.each([undefined, never])(
  'a program gets its input and gives output, lines and code (%s)',
  async (signal) => {
    const lines: string[] = [];
    const outcome = await nodeProcesses.run({
      program: 'sh',
      args: ['-c', 'cat; echo " $1 $0" >&2; exit 3', 'zero', "o'ne"],
      input: 'in',
      onLine: (line) => lines.push(line),
      ...(signal === undefined ? {} : { signal }),
    });
    expect(outcome).toEqual({ code: 3, stdout: 'in', stderr: " o'ne zero\n" });
    expect(lines.sort()).toEqual([" o'ne zero", 'in']);
  },
);

test.each([undefined, never])('a program that is not there is the user’s to mend (%s)', async (signal) => {
  const run = nodeProcesses.run({
    program: 'no-such-program',
    args: [],
    ...(signal === undefined ? {} : { signal }),
  });
  await expect(run).rejects.toThrow(UserMistake);
});

test('aborted, it ends with all that it has started', async () => {
  const word = randomUUID();
  const stop = new AbortController();
  const run = nodeProcesses.run({ ...family(word), signal: stop.signal });
  run.catch(() => {});
  await expect.poll(() => processesWith(word)).toBeGreaterThanOrEqual(3);
  stop.abort(new Error('stopped'));
  await expect(run).rejects.toThrow('stopped');
  await expect.poll(() => processesWith(word)).toBe(0);
});

test('what it has started and not waited for ends with it', async () => {
  const word = randomUUID();
  const { code } = await nodeProcesses.run({
    program: 'sh',
    args: ['-c', `sh -c 'sleep 600; : ${word}' >/dev/null 2>&1 & exit 0`],
    signal: never,
  });
  expect(code).toBe(0);
  await expect.poll(() => processesWith(word)).toBe(0);
});

test('it ends with all that it has started when this process is killed', async () => {
  const word = randomUUID();
  const script = `
    import { nodeProcesses } from '${join(import.meta.dirname, 'processes.ts')}';
    await nodeProcesses.run({ ...${JSON.stringify(family(word))}, signal: new AbortController().signal });`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script]);
  // The script has the word in its own arguments too.
  await expect.poll(() => processesWith(word), { timeout: 10_000 }).toBeGreaterThanOrEqual(4);
  child.kill('SIGKILL');
  await expect.poll(() => processesWith(word), { timeout: 5000 }).toBe(0);
});
