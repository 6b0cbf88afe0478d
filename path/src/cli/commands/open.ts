import type { Command } from '../command.ts';

/** `ptp open`. */
export const open: Command = {
  name: 'open',
  summary: 'open the system in a web browser',
  usage: 'open [--print]',
  options: { print: { type: 'boolean', description: 'only say the address' } },
  words: 0,
  async run({ load, actions, session, output, flags }) {
    const url = await actions.address(await load(), session);
    const opened = !flags.has('print') && !output.json && (await actions.browse(url));
    output.result({ kind: 'open', url, opened }, opened ? `Opened ${url}\n` : `${url}\n`);
    return 0;
  },
};
