import type { Bill } from '../../core/bill.ts';
import { UserMistake } from '../../core/failure.ts';
import type { StoredData } from '../actions.ts';
import { agrees } from '../agrees.ts';
import type { Command, Invocation } from '../command.ts';
import { bytes, type Look, styled } from '../render/look.ts';

/** `ptp down`. */
export const down: Command = {
  name: 'down',
  summary: 'take the system away; its data stays unless told otherwise',
  usage: 'down [--data [--yes]]',
  options: {
    data: { type: 'boolean', description: "delete the databases' contents as well: they cannot be had back" },
    yes: { type: 'boolean', short: 'y', description: 'delete the data without asking, for scripts' },
  },
  words: 0,
  async run(invocation) {
    const { load, actions, session, output, flags } = invocation;
    const data = flags.has('data');
    const project = await load();
    const inCloud = project.target.cloud !== undefined;
    if ((data || inCloud) && !flags.has('yes')) {
      const agreed = inCloud
        ? await mayGo(invocation, await actions.bill(project, session))
        : await confirmed(invocation, await actions.storedData(project, session));
      if (!agreed) {
        output.result({ kind: 'down', removed: [], kept: [], stopped: true }, 'Nothing was removed.\n');
        return 1;
      }
    }
    const { removed, kept, left = [] } = await actions.down(project, { data }, session);
    const lines = [
      ...(removed.length === 0
        ? ['Nothing was there to take away.']
        : removed.map((what) => `Removed ${what}.`)),
      ...kept.map((what) => `Kept ${what}; \`ptp down --data\` removes that too.`),
      ...left.map((what) => `Left ${what}.`),
    ];
    output.result({ kind: 'down', removed, kept, left }, `${lines.join('\n')}\n`);
    return 0;
  },
};

/** Whether a cloud's cluster and all that belongs to it may go. Throws UserMistake where nobody can be asked. */
async function mayGo({ ask, output, flags }: Invocation, bill: Bill | undefined): Promise<boolean> {
  const there = (bill?.resources ?? []).filter((one) => one.there && one.goes);
  if (there.length === 0) return true;
  const copy = flags.has('data')
    ? 'No last copy of the databases is kept.'
    : 'A last copy of each managed database is kept, and bills for its size; volumes in the cluster are deleted.';
  const lines = [...there.map(({ kind, name }) => `${kind} ${name}`), copy];
  if (ask === undefined)
    throw new UserMistake({
      what: '`down` deletes a cluster with all that is in it, and there is no terminal to ask at',
      next: 'Add --yes where that is meant.',
      details: lines,
    });
  return agrees(ask, question(output.look, lines));
}

/** Whether the data may go. Throws UserMistake where nobody can be asked. */
async function confirmed({ ask, output }: Invocation, stored: readonly StoredData[]): Promise<boolean> {
  const lines = stored.map(dataLine);
  if (ask === undefined) {
    throw new UserMistake({
      what: '`down --data` deletes data for good, and there is no terminal to ask at',
      next: 'Add --yes where that is meant: ptp down --data --yes',
      details: lines,
    });
  }
  if (stored.length === 0) return true;
  return agrees(ask, question(output.look, lines));
}

function question(look: Look, lines: readonly string[]): readonly string[] {
  return [
    styled(look, 'bold', 'This deletes for good:'),
    ...lines.map((line) => `  ${line}`),
    'Go on? [y/N] ',
  ];
}

/** `database: 1Gi volume, 12 MB used` */
function dataLine({ name, size, used }: StoredData): string {
  const volume = size === undefined ? 'volume' : `${size} volume`;
  return `${name}: ${volume}${used === undefined ? '' : `, ${bytes(used)} used`}`;
}
