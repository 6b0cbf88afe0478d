import type { Command, Option } from './command.ts';
import { commonOptions } from './parse.ts';
import { type Look, styled, table } from './render/look.ts';

/** The page of the tool: every command in a line. */
export function toolHelp(commands: readonly Command[], look: Look): string {
  return [
    `${styled(look, 'bold', 'ptp')}: from source code to an application on Kubernetes that users can reach`,
    '',
    'Usage: ptp ‹command› [options]',
    '',
    ...indented(table(commands.map(({ name, summary }) => [name, summary]))),
    '',
    'Options of every command:',
    ...indented(optionTable(commonOptions)),
    '',
    'Exit codes: 0 done, 1 failed, 2 something you can mend, 130 stopped by Ctrl-C.',
    '',
  ].join('\n');
}

/** The page of a command. */
export function commandHelp(command: Command, look: Look): string {
  return [
    `${styled(look, 'bold', `ptp ${command.name}`)}: ${command.summary}`,
    '',
    `Usage: ptp ${command.usage} [options]`,
    ...(command.description === undefined ? [] : ['', command.description]),
    '',
    'Options:',
    ...indented(optionTable({ ...command.options, ...commonOptions })),
    '',
  ].join('\n');
}

function optionTable(options: Readonly<Record<string, Option>>): readonly string[] {
  return table(
    Object.entries(options).map(([name, { short, value, description }]) => [
      `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ‹${value}›`}`,
      description,
    ]),
  );
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}
