/** Serves a built web page: `node serve.ts`, told by its environment (settings.ts). Needs nothing but Node.js. */
import { writeSync } from 'node:fs';
import { createLog } from './log.ts';
import { type Running, startServer } from './server.ts';
import { readSettings } from './settings.ts';

const log = createLog((text) => process.stdout.write(text));
let running: Running | undefined;
let asked = false;

// First of all: the first process of a container that has no handler does not hear these signals.
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    // Whoever asks twice, or before there is anything to finish, does not want to wait.
    if (asked || running === undefined) process.exit(asked ? 1 : 0);
    asked = true;
    void running.stop();
  });
}

try {
  running = await startServer(readSettings(process.env), log);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  writeSync(2, `${JSON.stringify({ time: new Date().toISOString(), level: 'error', message })}\n`);
  process.exitCode = 1;
}
