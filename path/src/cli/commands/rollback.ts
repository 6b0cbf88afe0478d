import type { Command } from '../command.ts';
import { duration, styled } from '../render/look.ts';
import { trafficText } from '../render/traffic.ts';
import { releaseNumber } from './release-number.ts';

/** `ptp rollback`. */
export const rollback: Command = {
  name: 'rollback',
  summary: 'return to an earlier release, without building',
  usage: 'rollback [release] [--no-wait]',
  description:
    'Returns to the release before the one that serves, or to the one whose number is given. Its images are in the registry, so nothing is built. Migrations are not undone. The next `up` brings what the sources say.',
  options: {
    'no-wait': { type: 'boolean', description: 'end when it serves, though old pods still end' },
  },
  words: 1,
  async run({ load, actions, session, output, monotonic, flags, words: [word] }) {
    const began = monotonic();
    const to = releaseNumber(word);
    const wait = !flags.has('no-wait');
    const loaded = await load();
    const before = (monotonic() - began) / 1000;
    const { number, backTo, rolled, serving, traffic } = await actions.rollback(
      loaded,
      { to, wait },
      session,
    );
    const seconds = before + serving;
    const what = rolled.length === 0 ? 'nothing had to be replaced' : `${rolled.join(', ')} replaced`;
    output.result(
      {
        kind: 'rollback',
        number,
        backTo,
        rolled,
        seconds,
        ...(traffic === undefined ? {} : { traffic }),
      },
      `${styled(output.look, 'green', '●')} release ${backTo} serves again, as release ${number}: ${what} (served after ${duration(seconds)})\n${traffic === undefined ? '' : `  ${trafficText(traffic)}\n`}`,
    );
    return 0;
  },
};
