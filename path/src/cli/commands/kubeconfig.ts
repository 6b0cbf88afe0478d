import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UserMistake } from '../../core/failure.ts';
import type { Command } from '../command.ts';

/** `ptp kubeconfig`. */
export const kubeconfig: Command = {
  name: 'kubeconfig',
  summary: 'access to the cluster for kubectl and other tools',
  usage: 'kubeconfig [--output file]',
  options: {
    output: { type: 'string', short: 'o', value: 'file', description: 'a new file that only you can read' },
  },
  words: 0,
  async run({ load, actions, session, output, values, cwd }) {
    const document = await actions.kubeconfig(await load(), session);
    const to = values.get('output');
    if (to === undefined) {
      if (output.json) output.result({ kind: 'kubeconfig', kubeconfig: document.reveal() }, '');
      else output.raw(document.reveal());
      return 0;
    }
    const file = resolve(cwd, to);
    try {
      // Never over a file that is there: it could be the one with all the other clusters in it.
      await writeFile(file, document.reveal(), { mode: 0o600, flag: 'wx' });
    } catch (error) {
      throw mistakeOf(error, to) ?? error;
    }
    output.result({ kind: 'kubeconfig', file }, `Wrote ${to}. Use it: export KUBECONFIG=${file}\n`);
    return 0;
  },
};

function mistakeOf(error: unknown, to: string): UserMistake | undefined {
  const next = 'Name another file with --output.';
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EEXIST':
      return new UserMistake({ what: `${to} is there already`, next });
    case 'ENOENT':
      return new UserMistake({ what: `there is no folder for ${to}`, next });
    case 'EACCES':
      return new UserMistake({ what: `${to} may not be written`, next });
    default:
      return undefined;
  }
}
