/** A line that a pod wrote, as people read it. */
export interface LogLine {
  /** `16:55:42.785`; absent where the line does not tell. */
  readonly time?: string;
  /** `warn`, `error`; absent where all is as usual. */
  readonly level?: string;
  /** What happened. */
  readonly words: string;
  /** What else is known: `requestId=… bytes=98`. */
  readonly rest: string;
}

/** What says nothing new beside what is shown already. */
const shown = new Set(['time', 'level', 'msg', 'message', 'method', 'route', 'url', 'status', 'durationMs']);

/** Reads a structured line (a JSON object); any other is shown as it is. Pure. */
export function logLine(text: string): LogLine {
  const fields = objectOf(text);
  if (fields === undefined) return { words: text, rest: '' };
  const { time, level, msg, message, method, route, url, status, durationMs } = fields;
  const told = msg ?? message;
  const asked = [
    method,
    route ?? url,
    status,
    typeof durationMs === 'number' ? `${durationMs} ms` : undefined,
  ];
  const words = [told, ...(method === undefined ? [] : asked)].filter((one) => one !== undefined).join(' ');
  const rest = Object.entries(fields)
    .filter(([key]) => !shown.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
  const at = typeof time === 'string' ? /T(\d\d:\d\d:\d\d(?:\.\d+)?)/.exec(time)?.[1] : undefined;
  return {
    ...(at === undefined ? {} : { time: at }),
    ...(typeof level !== 'string' || level === 'info' ? {} : { level }),
    // Without words, all that it has is what it says.
    words: words === '' ? rest : words,
    rest: words === '' ? '' : rest,
  };
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
