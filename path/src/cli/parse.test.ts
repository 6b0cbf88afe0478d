import { expect, test } from 'vitest';
import { UserMistake } from '../core/failure.ts';
import { commands } from './commands.ts';
import { parseCommandLine } from './parse.ts';

const parse = (line: string) => parseCommandLine(line === '' ? [] : line.split(' '), commands);

function mistakes(line: string): readonly string[] {
  try {
    parse(line);
  } catch (error) {
    if (error instanceof UserMistake) return error.problems.map(({ what, next }) => `${what} → ${next}`);
    throw error;
  }
  throw new Error('it was understood');
}

test('options stand before or after the command', () => {
  for (const line of [
    'logs gateway -f --lines 5 --target prod',
    '--target=prod --lines=5 logs --follow gateway',
  ]) {
    const parsed = parse(line);
    if (parsed.kind !== 'run') throw new Error(parsed.kind);
    expect(parsed.command.name).toBe('logs');
    expect(parsed.words).toEqual(['gateway']);
    expect(parsed.flags.has('follow')).toBe(true);
    expect(Object.fromEntries(parsed.values)).toEqual({ lines: '5', target: 'prod' });
  }
});

test('help wherever it is asked for', () => {
  for (const line of ['', '--help', '-h', 'help']) expect(parse(line)).toEqual({ kind: 'help' });
  for (const line of ['up --help', '--help up', 'help up', 'up -h --nonsense']) {
    expect(parse(line)).toMatchObject({ kind: 'help', command: { name: 'up' } });
  }
  expect(parse('--version')).toEqual({ kind: 'version' });
});

test('what is not known comes with what was probably meant', () => {
  expect(mistakes('upp')).toEqual(['there is no command `upp` → Did you mean `up`?']);
  expect(mistakes('deploy')).toEqual([expect.stringContaining('Known here: init, plan, up, build, status')]);
  expect(mistakes('help staus')).toEqual([expect.stringContaining('`status`')]);
  expect(mistakes('up --tarket prod')).toContain(
    '`ptp up` has no option `--tarket` → Did you mean `--target`?',
  );
  expect(mistakes('up --follow')).toEqual(['`ptp up` has no option `--follow` → See `ptp up --help`.']);
  expect(mistakes('--jsn')).toEqual(['`ptp` has no option `--jsn` → Did you mean `--json`?']);
});

test('all that is wrong is told at once', () => {
  expect(mistakes('up now --json=yes --target')).toEqual([
    '`--json` takes no value → Write --json alone, or leave it out.',
    '`--target` needs a value → Write --target ‹name›.',
    '`ptp up` takes no word `now` → Usage: ptp up [--force] [--no-wait] [--timings] [--yes]',
  ]);
});

test('names of the prototype are no options', () => {
  expect(mistakes('up --constructor')).toEqual([expect.stringContaining('has no option `--constructor`')]);
});

test('an option has one type in all commands, so that it is read alike before and after the command', () => {
  const types = new Map<string, string>();
  for (const command of commands) {
    for (const [name, { type }] of Object.entries(command.options)) {
      expect(types.get(name) ?? type).toBe(type);
      types.set(name, type);
    }
  }
});
