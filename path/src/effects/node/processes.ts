import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, open } from 'node:fs/promises';
import { constants as os } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { PassThrough, type Readable, type Writable } from 'node:stream';
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
  const { signal } = command;
  signal?.throwIfAborted();
  const child = signal === undefined ? spawnOne(command) : await spawnFamily(command);
  const abort = () => endFamily(child, 'SIGTERM');
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const ended = new Promise<number>((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) => reject(notFound(command.program, error)));
      child.once('close', (code, signal) =>
        resolve(code ?? 128 + (signal === null ? 0 : os.signals[signal])),
      );
    });
    // What it has started and not waited for ends with it.
    if (signal !== undefined) child.once('exit', () => endFamily(child, 'SIGKILL'));
    child.stdin.on('error', () => {}); // a program that ends without reading its input is no error
    child.stdin.end(command.input);
    const [stdout, stderr, code] = await Promise.all([
      collect(child.stdout, command.onLine),
      collect(child.stderr, command.onLine),
      ended,
    ]);
    signal?.throwIfAborted();
    return { code, stdout, stderr };
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

function spawnOne(command: Command): Child {
  return spawn(command.program, command.args, {
    cwd: command.cwd,
    env: environment(command.env),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Ends the process group that it is in when descriptor 3 is closed, as it is at the end of this process. */
const guard = "(trap '' TERM; read -r _ <&3; kill -s KILL -- -$$) </dev/null >/dev/null 2>&1 &";

/**
 * A program in a process group of its own, all of which ends when this process does, however that is: compilers and
 * what npm runs would go on for minutes, and write where the next run does.
 */
async function spawnFamily(command: Command): Promise<Child> {
  const program = await find(command.program);
  if (program === undefined) throw missing(command.program);
  const child = spawn('/bin/sh', ['-c', `${guard} exec 3<&-; exec "$0" "$@"`, program, ...command.args], {
    cwd: command.cwd,
    env: environment(command.env),
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error('a program without its pipes');
  return Object.assign(child, { stdin, stdout, stderr });
}

function endFamily({ pid }: Child, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function collect(stream: Readable, onLine: Command['onLine']): Promise<string> {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  if (onLine !== undefined) {
    // Loaded here, since most commands read no lines of anybody's, and it brings half of an interactive shell.
    const { createInterface } = process.getBuiltinModule('node:readline');
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
  return error.code === 'ENOENT' ? missing(program) : error;
}

function missing(program: string): UserMistake {
  return new UserMistake({
    what: `the program ${program} is not on this machine`,
    next: `Install ${program}, or run \`ptp doctor\` to see everything that is missing.`,
  });
}
