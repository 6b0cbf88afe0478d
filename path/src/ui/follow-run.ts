import { watch } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type RunLine, runLines } from '../operate/runs.ts';

/**
 * Follows the journal of runs: calls with all lines of the run that is there, then with each line as it is written;
 * `anew` where another run has begun. Ends with the signal.
 */
export async function followRun(
  file: string,
  signal: AbortSignal,
  tell: (run: { readonly anew: boolean; readonly lines: readonly RunLine[] }) => void,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  let read = 0;
  let rest = '';
  let begun = '';
  let reading: Promise<void> = Promise.resolve();
  const look = async () => {
    const handle = await open(file).catch(() => undefined);
    if (handle === undefined) return;
    try {
      const { size } = await handle.stat();
      const head = Buffer.alloc(Math.min(200, size));
      await handle.read(head, 0, head.length, 0);
      const first = head.toString('utf8').split('\n')[0] ?? '';
      // A journal is written anew for each run: its first line has the moment and the process.
      const anew = first !== begun || size < read;
      if (anew) [read, rest, begun] = [0, '', first];
      if (size === read && !anew) return;
      const bytes = Buffer.alloc(size - read);
      await handle.read(bytes, 0, bytes.length, read);
      read = size;
      const text = rest + bytes.toString('utf8');
      const whole = text.lastIndexOf('\n') + 1;
      rest = text.slice(whole);
      const lines = runLines(text.slice(0, whole));
      if (anew || lines.length > 0) tell({ anew, lines });
    } finally {
      await handle.close();
    }
  };
  const later = () => {
    reading = reading.then(look).catch(() => {});
  };
  const watcher = watch(dirname(file), (_, name) => {
    if (name === basename(file)) later();
  });
  signal.addEventListener('abort', () => watcher.close(), { once: true });
  if (await stat(file).catch(() => undefined)) later();
  await reading;
}
