import { UserMistake } from '../../core/failure.ts';
import type { Backups, Restorable, Restored } from '../actions.ts';
import { agrees } from '../agrees.ts';
import type { Command, Invocation } from '../command.ts';
import { bytes, duration, type Look, styled, table } from '../render/look.ts';

/** `ptp restore`: with `--list` only what there is. */
export const restore: Command = {
  name: 'restore',
  summary: "put a backup in the place of a database's data",
  usage: 'restore [service] [--backup moment] [--list] [--no-backup] [--anew] [--yes]',
  description:
    'Restores the newest backup, or the one of the moment that is named, beside the data that serves, compares it with what was backed up, and then puts it in its place: what fails until then changes nothing. What it replaces is backed up first unless told otherwise. Said again after it was broken off, it goes on. `ptp drill restore` only tries it.',
  options: {
    backup: { type: 'string', value: 'moment', description: 'which one, as --list has it: 20261126t031700z' },
    list: { type: 'boolean', description: 'only list the backups that there are' },
    'no-backup': { type: 'boolean', description: 'delete what is replaced without a last backup of it' },
    anew: {
      type: 'boolean',
      description: 'where the database does not answer, its data being damaged: throw its volume away first',
    },
    yes: { type: 'boolean', short: 'y', description: 'do not ask, for scripts' },
  },
  words: 1,
  async run(invocation) {
    const { load, actions, session, output, monotonic, flags, values, words } = invocation;
    const project = await load();
    const [service] = words;
    if (flags.has('list')) {
      const found = await actions.backups(project, service, session);
      output.result({ kind: 'backups', ...found }, listText(found));
      return 0;
    }
    const began = monotonic();
    const anew = flags.has('anew');
    const found = await actions.restorable(project, { service, backup: values.get('backup'), anew }, session);
    const wish = {
      service: found.service,
      backup: found.backup?.tag,
      lastBackup: !flags.has('no-backup'),
      anew,
    };
    if (!flags.has('yes') && !(await confirmed(invocation, found, wish.lastBackup))) {
      output.result({ kind: 'restore', stopped: true }, 'Nothing was changed.\n');
      return 1;
    }
    const { silent = false } = found;
    const restored = await actions.restore(project, { ...wish, silent }, session);
    const seconds = (monotonic() - began) / 1000;
    output.result({ kind: 'restore', ...restored, seconds }, restoredText(restored, seconds, output.look));
    return 0;
  },
};

/** Whether it may go on. Throws UserMistake where nobody can be asked. */
async function confirmed(
  { ask, output }: Pick<Invocation, 'ask' | 'output'>,
  found: Restorable,
  lastBackup: boolean,
): Promise<boolean> {
  const lines = lossLines(found, lastBackup);
  if (ask === undefined)
    throw new UserMistake({
      what: '`restore` replaces data, and there is no terminal to ask at',
      next: 'Add --yes where that is meant.',
      details: lines,
    });
  const heading = styled(output.look, 'bold', `This replaces the data of ${found.service}:`);
  return agrees(ask, [heading, ...lines.map((line) => `  ${line}`), 'Go on? [y/N] ']);
}

/** What would be lost, in lines for people. */
export function lossLines(
  { backup, secondsLost, tables, unfinished, silent = false }: Restorable,
  lastBackup: boolean,
): readonly string[] {
  const kept = silent
    ? 'It does not answer: its volume is deleted, and nothing of what is there now is kept.'
    : lastBackup
      ? 'What is there now is backed up before it is deleted.'
      : 'No backup is made of what is there now.';
  const resumed =
    unfinished === undefined
      ? []
      : [`${unfinished || 'A backup'} serves already: what it has replaced is still there and goes.`];
  if (backup === undefined) return [...resumed, kept];
  const rows = (count: number | undefined) => (count === undefined ? 'not there' : `${count} rows`);
  const changed =
    tables === undefined
      ? ['What is there now cannot be read, so it is not known what is lost of it.']
      : tables.length === 0
        ? ['The tables that are there now are the same.']
        : tables.map(
            ({ name, now, backup: then }) =>
              `${name}: ${rows(now)} now, ${rows(then)} then${now === then ? ', not the same' : ''}`,
          );
  return [
    ...resumed,
    `${backup.name}, ${bytes(backup.bytes)}`,
    `What was written in the ${duration(secondsLost)} since ${backup.created.toISOString()} is not in it.`,
    ...changed,
    kept,
  ];
}

function listText({ service, backups }: Backups): string {
  if (backups.length === 0) return `There is no backup of ${service} yet; \`ptp backup\` makes one.\n`;
  const rows = backups.map(({ tag, created, replaced }) => [
    tag,
    `${created.toISOString().slice(0, 19).replace('T', ' ')}Z`,
    replaced ? 'what a restoration replaced' : '',
  ]);
  return `${table(rows).join('\n')}\n`;
}

function restoredText(
  { service, backup, resumed, secondsLost, rows, tables, migrated, replaced }: Restored,
  seconds: number,
  look: Look,
): string {
  const what = resumed
    ? 'brought to its end'
    : `${rows} rows in ${tables} tables, ${duration(secondsLost)} old`;
  const lines = [
    `${styled(look, 'green', '●')} ${service} has the data of ${backup}: ${what} (${duration(seconds)})`,
    ...(migrated.length === 0 ? [] : [`  migrated for ${migrated.join(', ')}`]),
    ...(replaced === undefined
      ? []
      : [`  what it replaced: \`ptp restore ${service} --backup ${replaced}\``]),
  ];
  return `${lines.join('\n')}\n`;
}
