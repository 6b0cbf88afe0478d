import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Timed } from './figures.ts';

/** Lines of shell, as a person would type them. */
export interface Script {
  readonly lines: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Seconds after which it is ended; 180 unless told. */
  readonly limit?: number;
}

/**
 * Runs lines of shell and returns how long they took from the first process's start to the last one's end, and the
 * processor time of all of them. Throws with their last output where one of them fails.
 */
export async function time(script: Script): Promise<Timed> {
  const folder = await mkdtemp(join(tmpdir(), 'ptp-bench-time-'));
  try {
    const [times, log] = [join(folder, 'times'), join(folder, 'log')];
    const whole = `set -e; TIMEFORMAT='%3R %3U %3S'; { time { { ${script.lines}\n} >'${log}' 2>&1; }; } 2>'${times}'`;
    const code = await run('bash', ['-c', whole], script);
    if (code !== 0) {
      const said = await readFile(log, 'utf8').catch(() => '');
      throw new Error(`this ended with ${code}: ${script.lines}\n${said.split('\n').slice(-15).join('\n')}`);
    }
    const [wall = Number.NaN, user = 0, system = 0] = (await readFile(times, 'utf8'))
      .trim()
      .split(' ')
      .map(Number);
    return { wall, cpu: user + system };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Removes a folder with what is mounted in it (as buildah leaves it) and what may not be written (as Go does). */
export async function clear(folder: string): Promise<void> {
  const mounted = `awk -v folder='${folder}/' 'index($2, folder) == 1 { print $2 }' /proc/mounts | sort -r`;
  const lines = `${mounted} | xargs -r -n 1 umount; chmod -R u+w '${folder}' 2>/dev/null || true; rm -rf '${folder}'`;
  await shell({ lines, folder: '/', env: {} });
}

/** Runs lines of shell whose time does not count; returns their standard output. */
export async function shell(script: Script): Promise<string> {
  const chunks: Buffer[] = [];
  const code = await run('bash', ['-c', `set -e; ${script.lines}`], script, chunks);
  const said = Buffer.concat(chunks).toString();
  if (code === 0) return said;
  throw new Error(`this ended with ${code}: ${script.lines}\n${said.split('\n').slice(-15).join('\n')}`);
}

function run(
  program: string,
  args: readonly string[],
  { folder, env, limit = 180 }: Script,
  into?: Buffer[],
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', into === undefined ? 'ignore' : 'pipe', into === undefined ? 'ignore' : 'pipe'],
      // A group of its own, so that a script that hangs ends with all that it started.
      detached: true,
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (piece: Buffer) => into?.push(piece));
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, limit * 1000);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve(code ?? (signal === null ? 1 : 137));
    });
  });
}
