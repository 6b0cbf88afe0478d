import { UserMistake } from '../../core/failure.ts';
import type { Command } from '../command.ts';
import { styled } from '../render/look.ts';

/** `ptp ui`. */
export const ui: Command = {
  name: 'ui',
  summary: 'a page that shows the system as it changes, on this machine alone',
  usage: 'ui [--port number] [--print]',
  description:
    'Serves a web page on 127.0.0.1 until Ctrl-C: the parts with what flows between them, a rollout as it happens, releases and a way back, the questions with their answers, evidence, cost, logs and decisions. Its address has a token that nobody else has.',
  options: {
    port: { type: 'string', value: 'number', description: 'the port (default: any that is free)' },
    print: { type: 'boolean', description: 'only say the address' },
  },
  words: 0,
  async run({ load, actions, session, output, flags, values }) {
    const port = portOf(values.get('port'));
    const page = await actions.ui(await load(), { port }, session);
    try {
      const opened = !flags.has('print') && !output.json && (await actions.browse(page.url));
      const bold = styled(output.look, 'bold', page.url);
      output.result(
        { kind: 'ui', url: page.url, opened },
        `${opened ? 'Opened' : 'Open'} ${bold}\nIt is there until Ctrl-C.\n`,
      );
      await ended(session.signal);
      return 0;
    } finally {
      await page.close();
    }
  },
};

function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function portOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new UserMistake({ what: `\`--port ${text}\` is no port`, next: 'Write one from 1024 to 65535.' });
}
