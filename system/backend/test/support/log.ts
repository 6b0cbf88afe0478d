import type { Logger } from 'pino';
import { createLog } from '../../src/log.ts';

/** A log line as an object. */
export type Line = Readonly<Record<string, unknown>>;

/** A real log that keeps its lines, and its raw text. */
export function recordingLog(level = 'trace'): { log: Logger; lines: Line[]; text: () => string } {
  const lines: Line[] = [];
  let text = '';
  const log = createLog(level, {
    write: (line: string) => {
      text += line;
      lines.push(JSON.parse(line));
    },
  });
  return { log, lines, text: () => text };
}
