import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** Where commands of tests keep their keys, unless the environment says another place. */
export const configurationOfTests = process.env.XDG_CONFIG_HOME ?? join(tmpdir(), 'ptp-test-configuration');

/** One line of what `--json` prints. */
export type JsonLine = { readonly kind: string } & Readonly<Record<string, unknown>>;

/** A command that runs. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** The first line of `--json` for which it is so, also one that came before; rejects where the command ends without. */
  saw(such: (line: JsonLine) => boolean): Promise<JsonLine>;
}

/** Where a command runs. */
export interface Place {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Starts the tool as a user does: a process of its own, in the project's folder. */
export function startPtp({ folder, env }: Place, args: readonly string[]): Running {
  const began = performance.now();
  const child = spawn(process.execPath, ['path/src/main.ts', ...args], {
    cwd: folder,
    // Keys that projects of tests sign with do not belong among the user's own.
    env: { XDG_CONFIG_HOME: configurationOfTests, ...withoutVitest(process.env), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks = { stdout: '', stderr: '' };
  const lines: JsonLine[] = [];
  const waiting = new Set<{ such(line: JsonLine): boolean; tell(line: JsonLine): void }>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    chunks.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    chunks.stderr += text;
  });
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = jsonLine(text);
    if (line === undefined) return;
    lines.push(line);
    for (const one of waiting) if (one.such(line)) one.tell(line);
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({ code, signal, ...chunks, seconds: (performance.now() - began) / 1000 }),
    );
  });
  return {
    child,
    ended,
    saw: (such) =>
      new Promise((resolve, reject) => {
        const before = lines.find(such);
        if (before !== undefined) return resolve(before);
        waiting.add({ such, tell: resolve });
        ended.then(
          (how) => reject(new Error(`ended with ${how.code} before the line came:\n${tail(how)}`)),
          reject,
        );
      }),
  };
}

/** Runs the tool to its end, whatever that is. */
export function ptp(place: Place, args: readonly string[]): Promise<Ended> {
  return startPtp(place, args).ended;
}

/** All lines of a command that ran with `--json`. */
export function jsonLines({ stdout }: Pick<Ended, 'stdout'>): readonly JsonLine[] {
  return stdout.split('\n').flatMap((line) => jsonLine(line) ?? []);
}

/** The last line of a command that ran with `--json`: its result. */
export function jsonResult(ended: Ended): JsonLine {
  const last = jsonLines(ended).at(-1);
  if (last === undefined) throw new Error(`the command printed no JSON:\n${tail(ended)}`);
  return last;
}

/** The last lines of what a command printed, for a test's message. */
export function tail({ stdout, stderr }: Pick<Ended, 'stdout' | 'stderr'>): string {
  return `${stdout}\n${stderr}`.trim().split('\n').slice(-30).join('\n');
}

function jsonLine(text: string): JsonLine | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as JsonLine;
  } catch {
    return undefined; // the last line of a killed process may be half a line
  }
}

/** The tool must behave as outside of a test. */
function withoutVitest(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(VITEST|NODE_ENV$|NODE_OPTIONS$|TEST$|PTP_)/.test(name)),
  );
}
