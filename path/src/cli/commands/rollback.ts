import type { Command } from '../command.ts';
import { duration, styled } from '../render/look.ts';
import { releaseNumber } from './release-number.ts';

/** `ptp rollback`. */
export const rollback: Command = {
  name: 'rollback',
  summary: 'return to an earlier release, without building',
  usage: 'rollback [release]',
  description:
    'Returns to the release before the one that serves, or to the one whose number is given. Its images are in the registry, so nothing is built. Migrations are not undone. The next `up` brings what the sources say.',
  options: {},
  words: 1,
  async run({ load, actions, session, output, monotonic, words: [word] }) {
    const began = monotonic();
    const to = releaseNumber(word);
    const { number, backTo, rolled } = await actions.rollback(await load(), to, session);
    const seconds = (monotonic() - began) / 1000;
    const what = rolled.length === 0 ? 'nothing had to be replaced' : `${rolled.join(', ')} replaced`;
    output.result(
      { kind: 'rollback', number, backTo, rolled, seconds },
      `${styled(output.look, 'green', '●')} release ${backTo} serves again, as release ${number}: ${what} (${duration(seconds)})\n`,
    );
    return 0;
  },
};
