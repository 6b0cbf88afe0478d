import { parseArgs } from 'node:util';
import { type Problem, UserMistake } from '../core/failure.ts';
import { closest, suggestion } from '../project/suggest.ts';
import type { Command, Option } from './command.ts';

/** Options that every command has. */
export const commonOptions: Readonly<Record<string, Option>> = {
  target: { type: 'string', value: 'name', description: 'where to: a target of ptp.yaml' },
  file: { type: 'string', value: 'path', description: 'the project (default: ptp.yaml)' },
  json: { type: 'boolean', description: 'one JSON object a line, for programs' },
  help: { type: 'boolean', short: 'h', description: 'show this' },
};

/** A command line that was understood. */
export type Parsed =
  | { readonly kind: 'help'; readonly command?: Command }
  | { readonly kind: 'version' }
  | {
      readonly kind: 'run';
      readonly command: Command;
      readonly flags: ReadonlySet<string>;
      readonly values: ReadonlyMap<string, string>;
      readonly words: readonly string[];
    };

type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number];

/**
 * Understands the words after `ptp`. Throws one UserMistake with everything that is wrong: an unknown command or
 * option (with the one that was probably meant), a missing value, a word too many.
 */
export function parseCommandLine(args: readonly string[], commands: readonly Command[]): Parsed {
  const options = Object.assign(
    { version: { type: 'boolean' } },
    ...commands.map((each) => each.options),
    commonOptions,
  );
  // Not strict: Node's own complaint would name no command and suggest nothing.
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const positionals = tokens.filter((token) => token.kind === 'positional');
  const flags = new Set(tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : [])));
  const [first, ...rest] = positionals.map(({ value }) => value);
  if (first === undefined) {
    if (flags.has('version')) return { kind: 'version' };
    const problems = optionProblems(
      tokens,
      { ...commonOptions, version: { type: 'boolean', description: '' } },
      'ptp',
    );
    if (problems.length > 0) throw new UserMistake(problems);
    return { kind: 'help' };
  }
  if (first === 'help')
    return rest[0] === undefined ? { kind: 'help' } : { kind: 'help', command: named(rest[0], commands) };
  const command = named(first, commands);
  if (flags.has('help')) return { kind: 'help', command };
  const problems = [
    ...optionProblems(tokens, { ...commonOptions, ...command.options }, `ptp ${command.name}`),
    ...rest.slice(command.words).map((word) => ({
      what: `\`ptp ${command.name}\` takes no word \`${word}\``,
      next: `Usage: ptp ${command.usage}`,
    })),
  ];
  if (problems.length > 0) throw new UserMistake(problems);
  const values = tokens.flatMap((token) =>
    token.kind === 'option' && token.value !== undefined ? [[token.name, token.value] as const] : [],
  );
  return { kind: 'run', command, flags, values: new Map(values), words: rest };
}

function named(name: string, commands: readonly Command[]): Command {
  const found = commands.find((command) => command.name === name);
  if (found !== undefined) return found;
  const next = suggestion(name, [...commands.map((command) => command.name), 'help']);
  throw new UserMistake({ what: `there is no command \`${name}\``, next });
}

function optionProblems(
  tokens: readonly Token[],
  options: Readonly<Record<string, Option>>,
  asked: string,
): readonly Problem[] {
  return tokens.flatMap((token): readonly Problem[] => {
    if (token.kind !== 'option') return [];
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (option === undefined) {
      const guess = closest(token.name, Object.keys(options));
      const next = guess === undefined ? `See \`${asked} --help\`.` : `Did you mean \`--${guess}\`?`;
      return [{ what: `\`${asked}\` has no option \`${token.rawName}\``, next }];
    }
    if (option.type === 'string' && (token.value === undefined || token.value === '')) {
      return [
        {
          what: `\`${token.rawName}\` needs a value`,
          next: `Write ${token.rawName} ‹${option.value ?? 'value'}›.`,
        },
      ];
    }
    if (option.type === 'boolean' && token.value !== undefined) {
      return [
        {
          what: `\`${token.rawName}\` takes no value`,
          next: `Write ${token.rawName} alone, or leave it out.`,
        },
      ];
    }
    return [];
  });
}
