import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UserMistake } from '../../core/failure.ts';
import { accept } from '../acceptance/accept.ts';
import { reportText } from '../acceptance/report.ts';
import { agrees } from '../agrees.ts';
import type { Command, Invocation } from '../command.ts';
import { amount, billLines } from '../render/bill-lines.ts';

/** `ptp acceptance`. */
export const acceptance: Command = {
  name: 'acceptance',
  summary: 'try everything on a target for real, take it away again, write a dated report',
  usage: 'acceptance [--keep] [--output file] [--yes]',
  description:
    'For a target that has nothing of the system yet: creates, deploys, verifies, rolls out, rolls back, scales, rotates, renews, destroys and looks for what is left. In a public cloud it spends money.',
  options: {
    keep: { type: 'boolean', description: 'leave everything there at the end' },
    output: {
      type: 'string',
      short: 'o',
      value: 'file',
      description: 'where the report goes (default: acceptance-‹target›-‹date›.md)',
    },
    yes: { type: 'boolean', short: 'y', description: 'create and delete without asking' },
  },
  words: 0,
  async run(invocation) {
    const { load, actions, session, output, flags, values, cwd, monotonic, version } = invocation;
    const project = await load();
    if (!(await mayTry(invocation))) {
      output.result({ kind: 'acceptance', stopped: true }, 'Nothing was made.\n');
      return 1;
    }
    const results = await accept(
      { actions, project, session },
      {
        keep: flags.has('keep'),
        monotonic,
        onStage(stage, result) {
          const text =
            result === undefined ? `acceptance: ${stage}` : `acceptance: ${stage}: ${result.found}`;
          if (result === undefined || result.ok) session.emit({ kind: 'note', step: 'prove', text });
          else session.emit({ kind: 'warning', step: 'prove', problem: { what: text } });
        },
      },
    );
    const date = new Date().toISOString();
    const text = reportText(project, results, { date, version });
    const name = values.get('output') ?? `acceptance-${project.target.name}-${date.slice(0, 10)}.md`;
    await writeFile(resolve(cwd, name), text);
    const ok = results.every((result) => result.ok);
    output.result({ kind: 'acceptance', ok, date, report: name, results }, `${text}\nWrote ${name}.\n`);
    return ok ? 0 : 1;
  },
};

/** It creates and deletes: asked unless told so. Throws UserMistake where nobody can be asked. */
async function mayTry({ load, actions, session, flags, ask, output }: Invocation): Promise<boolean> {
  if (flags.has('yes')) return true;
  const bill = await actions.bill(await load(), session);
  const what = 'acceptance creates a whole system and deletes it again';
  if (ask === undefined)
    throw new UserMistake({
      what: `${what}, and there is no terminal to ask at`,
      next: 'Add --yes where that is meant.',
    });
  const cost =
    bill === undefined
      ? []
      : [
          ...billLines(bill, output.look),
          `While it is there it costs about ${amount(bill, bill.monthly)} a month.`,
        ];
  return agrees(ask, [...cost, `This ${what}. Go on? [y/N] `]);
}
