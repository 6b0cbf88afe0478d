import type { Command } from '../command.ts';

/** `ptp down`. */
export const down: Command = {
  name: 'down',
  summary: 'take the system away; its data stays unless told otherwise',
  usage: 'down [--data]',
  options: {
    data: { type: 'boolean', description: "delete the databases' contents as well: they cannot be had back" },
  },
  words: 0,
  async run({ load, actions, session, output, flags }) {
    const { removed, kept } = await actions.down(await load(), { data: flags.has('data') }, session);
    const lines = [
      ...(removed.length === 0
        ? ['Nothing was there to take away.']
        : removed.map((what) => `Removed ${what}.`)),
      ...kept.map((what) => `Kept ${what}; \`ptp down --data\` removes that too.`),
    ];
    output.result({ kind: 'down', removed, kept }, `${lines.join('\n')}\n`);
    return 0;
  },
};
