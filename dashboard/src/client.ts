import type { LiveEvents, PageModel, ReleaseDiff } from '../../path/src/ui/model.ts';

/** What the page asks its server for. */
export interface Client {
  page(): Promise<PageModel>;
  diff(from: number, to: number): Promise<ReleaseDiff>;
  rollback(to: number): Promise<void>;
  /** Tells what happens, until the signal; connects again where the connection ends. */
  live(
    tell: <Name extends keyof LiveEvents>(name: Name, data: LiveEvents[Name]) => void,
    signal: AbortSignal,
  ): Promise<void>;
  logs(
    part: string,
    line: (line: { readonly pod: string; readonly text: string }) => void,
    signal: AbortSignal,
  ): Promise<void>;
}

/** Milliseconds before a lost connection is tried again. */
const again = 1000;

/**
 * The token that the address brought: taken out of it at once, so that it is in no history and no screenshot, and kept
 * as long as the tab is open.
 */
export function takeToken(): string | null {
  const given = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (given !== undefined) {
    sessionStorage.setItem('token', given);
    history.replaceState(null, '', location.pathname);
  }
  return sessionStorage.getItem('token');
}

/** A client with a token. Its functions reject with an Error that says what the server said. */
export function connect(token: string): Client {
  const headers = { authorization: `Bearer ${token}` };
  const ask = async <T>(path: string, init: RequestInit = {}): Promise<T> => {
    const answer = await fetch(path, { ...init, headers: { ...headers, ...init.headers } });
    if (!answer.ok) throw new Error(await whyNot(answer));
    return (await answer.json()) as T;
  };
  const stream = async (path: string, tell: (name: string, data: unknown) => void, signal: AbortSignal) => {
    const answer = await fetch(path, { headers, signal });
    if (!answer.ok || answer.body === null) throw new Error(await whyNot(answer));
    for await (const { name, data } of events(answer.body)) tell(name, data);
  };
  return {
    page: () => ask('/api/page'),
    diff: (from, to) => ask(`/api/diff?from=${from}&to=${to}`),
    rollback: async (to) => {
      await ask('/api/rollback', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ to }),
      });
    },
    live: async (tell, signal) => {
      while (!signal.aborted) {
        try {
          await stream('/api/events', tell as (name: string, data: unknown) => void, signal);
          if (!signal.aborted) tell('trouble', 'The page lost its connection; it tries again.');
        } catch (error) {
          if (signal.aborted) return;
          tell(
            'trouble',
            error instanceof TypeError ? 'Nothing answers: is `ptp ui` still running?' : String(error),
          );
        }
        await new Promise((resolve) => setTimeout(resolve, again));
      }
    },
    logs: (part, line, signal) =>
      stream(
        `/api/logs?part=${encodeURIComponent(part)}`,
        (name, data) => {
          if (name === 'line') line(data as { pod: string; text: string });
        },
        signal,
      ),
  };
}

async function whyNot(answer: Response): Promise<string> {
  if (answer.status === 401) return 'This address is not the one that `ptp ui` gave: open that one.';
  const told = (await answer.json().catch(() => ({}))) as { problems?: readonly { what: string }[] };
  return told.problems?.map(({ what }) => what).join('; ') ?? `the server answered ${answer.status}`;
}

/** The events of a stream as they come; several lines of data are one text (HTML, "Server-sent events"). */
export async function* events(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<{ readonly name: string; readonly data: unknown }> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const name = /^event: (.*)$/m.exec(block)?.[1] ?? 'message';
      const data = [...block.matchAll(/^data: (.*)$/gm)].map(([, line]) => line).join('\n');
      yield { name, data: JSON.parse(data) };
    }
  }
}
