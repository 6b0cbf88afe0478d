import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tail } from './ptp.ts';
import type { System } from './system.ts';

/** Runs a command of a fact in the project's folder, as somebody who reads it would. */
export async function asTyped(
  system: System,
  command: string,
): Promise<{ readonly code: number | null; readonly words: string }> {
  if (command.startsWith('ptp ')) {
    const args = [...command.matchAll(/"([^"]*)"|(\S+)/g)]
      .slice(1)
      .map(([, quoted, plain]) => quoted ?? plain ?? '');
    const ended = await system.ptp(...args);
    return { code: ended.code, words: tail(ended) };
  }
  const child = spawn('bash', ['-o', 'pipefail', '-c', command], { cwd: system.place.folder });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => said.push(String(text)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, words: said.join('').slice(-500) };
}
