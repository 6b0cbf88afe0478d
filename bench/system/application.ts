import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../test/support/free-port.ts';

/** An application of the system as a process, started as its image starts it. */
export interface Application {
  readonly pid: number;
  /** Where it serves. */
  readonly url: string;
  /** Milliseconds from the start of the process to its first ready answer. */
  readonly startup: number;
  stop(): Promise<void>;
}

/** How long an application may take to become ready, in milliseconds. */
const patience = 30_000;

/**
 * Starts an application with the arguments of its start script and waits until it is ready.
 * @param folder the application's
 * @param log the file that gets what it prints
 * @throws when it ends or is not ready in time
 */
export async function startApplication(
  folder: string,
  env: Readonly<Record<string, string>>,
  log: string,
): Promise<Application> {
  const [port, management] = [await freePort(), await freePort()];
  const output = openSync(log, 'a');
  const began = performance.now();
  const child = spawn(process.execPath, startArguments(folder), {
    cwd: folder,
    env: {
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: `${port}`,
      MANAGEMENT_PORT: `${management}`,
      ...env,
    },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  try {
    await ready(child, `http://127.0.0.1:${management}/readyz`);
  } catch (error) {
    await end(child);
    throw new Error(`${folder} did not start: ${readFileSync(log, 'utf8').slice(-2000)}`, { cause: error });
  }
  const startup = performance.now() - began;
  return { pid: child.pid ?? 0, url: `http://127.0.0.1:${port}`, startup, stop: () => end(child) };
}

/** Runs one of an application's programs to its end, such as `src/migrate.ts`. */
export async function runProgram(
  folder: string,
  program: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const child = spawn(process.execPath, [program], { cwd: folder, env, stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
}

function startArguments(folder: string): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const [, ...args] = String(scripts.start).split(' ');
  return args;
}

async function ready(child: ChildProcess, url: string): Promise<void> {
  const agent = new Agent({ keepAlive: false });
  for (const end = performance.now() + patience; performance.now() < end; await sleep(5)) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended');
    if ((await status(url, agent)) === 200) return;
  }
  throw new Error('it took too long');
}

function status(url: string, agent: Agent): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  get(url, { agent }, (response) => {
    response.resume();
    resolve(response.statusCode);
  }).on('error', () => resolve(undefined));
  return promise;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
