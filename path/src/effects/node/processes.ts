import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, open } from 'node:fs/promises';
import { constants as os } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough, type Readable } from 'node:stream';
import { UserMistake } from '../../core/failure.ts';
import type { Command, Daemon, Outcome, Processes } from '../processes.ts';

const sbin = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Runs programs of this machine. */
export const nodeProcesses: Processes = {
  run: (command) => run(command),
  start: (daemon) => start(daemon),
  find: (program) => find(program),
};

async function run(command: Command): Promise<Outcome> {
  command.signal?.throwIfAborted();
  const child = spawn(command.program, command.args, {
    cwd: command.cwd,
    env: environment(command.env),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const abort = () => child.kill('SIGTERM');
  command.signal?.addEventListener('abort', abort, { once: true });
  try {
    const ended = new Promise<number>((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) => reject(notFound(command.program, error)));
      child.once('close', (code, signal) =>
        resolve(code ?? 128 + (signal === null ? 0 : os.signals[signal])),
      );
    });
    child.stdin.on('error', () => {}); // a program that ends without reading its input is no error
    child.stdin.end(command.input);
    const [stdout, stderr, code] = await Promise.all([
      collect(child.stdout, command.onLine),
      collect(child.stderr, command.onLine),
      ended,
    ]);
    command.signal?.throwIfAborted();
    return { code, stdout, stderr };
  } finally {
    command.signal?.removeEventListener('abort', abort);
  }
}

async function collect(stream: Readable, onLine: Command['onLine']): Promise<string> {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  if (onLine !== undefined) {
    const lines = createInterface({ input: stream.pipe(new PassThrough()) });
    lines.on('line', onLine);
  }
  await new Promise<void>((resolve) => stream.once('close', resolve));
  return Buffer.concat(chunks).toString('utf8');
}

async function start(daemon: Daemon): Promise<number> {
  const log = await open(daemon.log, 'a', 0o600);
  try {
    const child = spawn(daemon.program, daemon.args, {
      cwd: daemon.cwd ?? '/',
      env: environment(daemon.env),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error: NodeJS.ErrnoException) => reject(notFound(daemon.program, error)));
    });
    child.unref();
    if (child.pid === undefined) throw new Error(`${daemon.program} started without a pid`);
    return child.pid;
  } finally {
    await log.close();
  }
}

async function find(program: string): Promise<string | undefined> {
  const folders = isAbsolute(program) ? [''] : [...(process.env.PATH ?? '').split(delimiter), ...sbin];
  for (const folder of folders) {
    const path = join(folder, program);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

function environment(extra: Command['env']): NodeJS.ProcessEnv {
  const path = [...new Set([...(process.env.PATH ?? '').split(delimiter), ...sbin])].join(delimiter);
  const all: NodeJS.ProcessEnv = { ...process.env, PATH: path };
  for (const [name, value] of Object.entries(extra ?? {})) {
    if (value === undefined) delete all[name];
    else all[name] = value;
  }
  return all;
}

function notFound(program: string, error: NodeJS.ErrnoException): Error {
  if (error.code !== 'ENOENT') return error;
  return new UserMistake({
    what: `the program ${program} is not on this machine`,
    next: `Install ${program}, or run \`ptp doctor\` to see everything that is missing.`,
  });
}
