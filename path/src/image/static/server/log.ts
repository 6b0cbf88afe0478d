/** Writes one JSON object a line. */
export type Log = (level: 'info' | 'error', fields: Readonly<Record<string, unknown>>) => void;

/**
 * A log to a function that takes text. Lines of one turn of the event loop are written together: under load a
 * write for each line costs more than the answer it tells of.
 */
export function createLog(write: (text: string) => void): Log {
  let waiting = '';
  return (level, fields) => {
    if (waiting === '') {
      setImmediate(() => {
        const text = waiting;
        waiting = '';
        write(text);
      });
    }
    waiting += `${JSON.stringify({ time: new Date().toISOString(), level, ...fields })}\n`;
  };
}
