import type { Command } from '../command.ts';
import { duration, styled } from '../render/look.ts';

/** `ptp backup`. */
export const backup: Command = {
  name: 'backup',
  summary: 'make a backup of the databases now, beside those of the schedule',
  usage: 'backup',
  description:
    'Encrypts in the cluster with a key that only you have, and keeps it in the registry. `ptp drill restore` tries it.',
  options: {},
  words: 0,
  async run({ load, actions, session, output, monotonic }) {
    const began = monotonic();
    const services = await actions.backup(await load(), session);
    const seconds = (monotonic() - began) / 1000;
    output.result(
      { kind: 'backup', services, seconds },
      `${styled(output.look, 'green', '●')} ${services.join(', ')} backed up (${duration(seconds)})\n`,
    );
    return 0;
  },
};
