import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

const cache = process.env.PTP_CACHE ?? join(homedir(), '.cache/ptp');
// Stripping types and compiling are most of what a command that changes nothing would do: once is enough. It holds
// for what is loaded after this line, so nothing of the tool is loaded before it.
enableCompileCache(join(cache, 'compile-cache'));
const { actionsFor } = await import('./actions.ts');
const { watchInterrupts } = await import('./cli/interrupt.ts');
const { runCommandLine } = await import('./cli/run.ts');
const { nodeClock } = await import('./effects/node/clock.ts');
const { nodeProcesses } = await import('./effects/node/processes.ts');

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'));
const interrupts = watchInterrupts(
  process,
  (text) => process.stderr.write(`\n${text}\n`),
  (code) => process.exit(code),
);
const actions = actionsFor({
  clock: nodeClock,
  processes: nodeProcesses,
  cache,
});
const code = await runCommandLine(process.argv.slice(2), {
  actions,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  version,
  signal: interrupts.signal,
  ...(process.stdin.isTTY && process.stderr.isTTY ? { ask } : {}),
  monotonic: () => nodeClock.monotonic(),
});
interrupts.stop();
// Connections that are kept open for the next request would keep the process.
process.exit(code);

/** Ctrl-C and the end of the input answer nothing. */
async function ask(question: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
    return await Promise.race([terminal.question(question, { signal: interrupts.signal }), ended]);
  } finally {
    terminal.close();
  }
}
