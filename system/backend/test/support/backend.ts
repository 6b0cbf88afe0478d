import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Line } from './log.ts';

/** The backend as a process of its own, as in production. */
export interface Backend {
  readonly url: string;
  readonly management: string;
  readonly lines: readonly Line[];
  /** All it printed, on both streams. */
  text(): string;
  readonly process: ChildProcess;
  /** Waits for a log line, also one that came already. */
  line(matches: (line: Line) => boolean): Promise<Line>;
  /** Sends a signal and waits for the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Runs a program of the backend to its end. */
export async function runProgram(
  name: 'main' | 'migrate',
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; lines: Line[]; text: string }> {
  const { child, lines, text } = launch(name, env);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, lines, text: text() };
}

/** Starts the backend on free ports and waits until it listens. */
export async function startBackend(env: Readonly<Record<string, string>>): Promise<Backend> {
  const started = launch('main', {
    PORT: '0',
    MANAGEMENT_PORT: '0',
    HOST: '127.0.0.1',
    DRAIN_SECONDS: '0',
    ...env,
  });
  const { child, lines, line, text } = started;
  const listening = await line((candidate) => candidate.msg === 'listening');
  return {
    url: `http://127.0.0.1:${listening.port}`,
    management: `http://127.0.0.1:${listening.managementPort}`,
    lines,
    text,
    process: child,
    line,
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode !== null) return child.exitCode;
      const exit = once(child, 'close');
      child.kill(signal);
      const [code] = (await exit) as [number | null];
      return code;
    },
  };
}

function launch(name: string, env: Readonly<Record<string, string>>) {
  const path = fileURLToPath(new URL(`../../src/${name}.ts`, import.meta.url));
  // Nothing of the test's own environment: what the backend needs must be given.
  const child = spawn(process.execPath, [path], { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  createInterface(child.stdout).on('line', (raw) => {
    text += `${raw}\n`;
    lines.push(JSON.parse(raw));
    for (const look of [...waiting]) look();
  });
  const line = (matches: (line: Line) => boolean): Promise<Line> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = lines.find(matches);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      child.once('close', () => reject(new Error(`the backend ended: ${text}`)));
      look();
    });
  return { child, lines, line, text: () => text };
}

/** Asks again and again until the answer is right; the test's own time limit ends a wait in vain. */
export async function until<Value>(
  ask: () => Promise<Value>,
  right: (value: Value) => boolean,
): Promise<Value> {
  for (;;) {
    const value = await ask();
    if (right(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
