import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import type { System } from '../../test/support/system.ts';
import { ptp } from '../workplace.ts';

/** An `up` that runs. */
export interface RunningUp {
  /** Resolves when it has returned; rejects with its last output where it fails. */
  readonly ended: Promise<void>;
  /** Aborted when it has failed: there is nothing to wait for then. */
  readonly failed: AbortSignal;
  /** Seconds since it began. */
  seconds(): number;
}

/** Starts `up` as a user does. */
export function startUp({ place }: System, options: readonly string[] = []): RunningUp {
  const began = performance.now();
  const words = options.map((word) => `'${word}'`).join(' ');
  const child = spawn('bash', ['-c', `exec ${ptp} up ${words}`], {
    cwd: place.folder,
    env: { ...process.env, ...place.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (piece: Buffer) => {
    said = (said + piece.toString()).slice(-4000);
  });
  const failed = new AbortController();
  const ended = once(child, 'close').then(([code]) => {
    if (code === 0) return;
    const error = new Error(`ptp up ended with ${code}:\n${said}`);
    failed.abort(error);
    throw error;
  });
  // Whoever watches for an answer is told by the signal first.
  ended.catch(() => {});
  return { ended, failed: failed.signal, seconds: () => (performance.now() - began) / 1000 };
}

/** Asks again and again, with little in between, until it is so; a question that throws counts as not yet. */
export async function soon(signal: AbortSignal, such: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 300_000;
  while (!(await such().catch(() => false))) {
    signal.throwIfAborted();
    if (performance.now() > deadline) throw new Error('it did not happen within 5 minutes');
    await wait(30);
  }
}

/** The body of what a public door on this machine answers with 200. */
export function ask(port: number, domain: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    // Who answers is not in question here: the tests see to the certificate.
    const at = { host: '127.0.0.1', port, path, servername: domain, rejectUnauthorized: false };
    const options = { ...at, headers: { host: domain }, agent: false, timeout: 2000 };
    const request = get(options, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.once('error', reject);
      response.once('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(pieces).toString());
        else reject(new Error(`status ${response.statusCode}`));
      });
    });
    request.once('timeout', () => request.destroy(new Error('no answer in time')));
    request.once('error', reject);
  });
}
