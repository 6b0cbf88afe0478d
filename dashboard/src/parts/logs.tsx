import { useEffect, useState } from 'react';
import type { Client } from '../client.ts';
import { logLine } from '../log-line.ts';

/** How many lines are kept on the page. */
const kept = 400;

/** What the pods of a part write, as they write it. */
export function Logs({ parts, logs }: { readonly parts: readonly string[]; readonly logs: Client['logs'] }) {
  const [part, setPart] = useState(parts[0] ?? '');
  const [lines, setLines] = useState<
    readonly { readonly key: number; readonly pod: string; readonly text: string }[]
  >([]);
  useEffect(() => {
    const ended = new AbortController();
    let number = 0;
    setLines([]);
    logs(
      part,
      (line) => {
        number += 1;
        const key = number;
        setLines((all) => [...all, { key, ...line }].slice(-kept));
      },
      ended.signal,
    ).catch(() => {});
    return () => ended.abort();
  }, [part, logs]);
  return (
    <>
      <label>
        Of{' '}
        <select value={part} onChange={(event) => setPart(event.target.value)}>
          {parts.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached without a pointer */}
      <div className="logs" role="log" aria-label={`What ${part} writes`} tabIndex={0}>
        {lines.length === 0 ? (
          <p className="quiet">Nothing yet.</p>
        ) : (
          lines.map(({ key, pod, text }) => <Line key={key} pod={pod} text={text} />)
        )}
      </div>
    </>
  );
}

function Line({ pod, text }: { readonly pod: string; readonly text: string }) {
  const { time, level, words, rest } = logLine(text);
  return (
    <div>
      <span className="quiet">
        {pod.split('-').at(-1)} {time}
      </span>{' '}
      {level !== undefined && <strong className={level === 'warn' ? '' : 'bad'}>{level} </strong>}
      {words} <span className="quiet">{rest}</span>
    </div>
  );
}
