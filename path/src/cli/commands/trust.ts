import type { Trusted } from '../actions.ts';
import type { Command } from '../command.ts';
import { table } from '../render/look.ts';

/** `ptp trust`. */
export const trust: Command = {
  name: 'trust',
  summary: "make this machine know the system's certificate authority",
  usage: 'trust [--remove]',
  description: "The authority can certify names below the target's domain and nothing else.",
  options: { remove: { type: 'boolean', description: 'know it no longer' } },
  words: 0,
  async run({ load, actions, session, output, flags }) {
    const { stores } = await actions.trust(await load(), { remove: flags.has('remove') }, session);
    output.result({ kind: 'trust', stores }, `${lines(stores).join('\n')}\n`);
    return stores.length > 0 && stores.every(({ change }) => change === 'not-possible') ? 1 : 0;
  },
};

const words: Readonly<Record<Trusted['stores'][number]['change'], string>> = {
  added: 'knows it now',
  removed: 'knows it no longer',
  unchanged: 'unchanged',
  'not-possible': 'could not be told',
};

function lines(stores: Trusted['stores']): readonly string[] {
  if (stores.length === 0) return ['There is no certificate store here.'];
  return table(stores.map(({ name, change, next = '' }) => [name, words[change], next]));
}
