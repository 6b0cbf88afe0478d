import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { actionsFor } from './actions.ts';
import { watchInterrupts } from './cli/interrupt.ts';
import { runCommandLine } from './cli/run.ts';
import { nodeClock } from './effects/node/clock.ts';
import { nodeProcesses } from './effects/node/processes.ts';

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'));
const interrupts = watchInterrupts(
  process,
  (text) => process.stderr.write(`\n${text}\n`),
  (code) => process.exit(code),
);
const actions = actionsFor({
  clock: nodeClock,
  processes: nodeProcesses,
  cache: process.env.PTP_CACHE ?? join(homedir(), '.cache/ptp'),
});
const code = await runCommandLine(process.argv.slice(2), {
  actions,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  version,
  signal: interrupts.signal,
  monotonic: () => nodeClock.monotonic(),
});
interrupts.stop();
// Connections that are kept open for the next request would keep the process.
process.exit(code);
