import { UserMistake } from '../../core/failure.ts';
import type { Project } from '../../project/project.ts';
import { suggestion } from '../../project/suggest.ts';
import type { Command } from '../command.ts';
import { clean, styled } from '../render/look.ts';

/** `ptp logs`. */
export const logs: Command = {
  name: 'logs',
  summary: 'what the components say',
  usage: 'logs [component]',
  options: {
    follow: { type: 'boolean', short: 'f', description: 'go on until Ctrl-C' },
    lines: {
      type: 'string',
      short: 'n',
      value: 'count',
      description: 'past lines of each pod (default: 100)',
    },
    previous: { type: 'boolean', short: 'p', description: 'of the container before its last restart' },
    since: { type: 'string', value: 'time', description: 'only what was written in the last 30s, 10m, 2h' },
    grep: {
      type: 'string',
      short: 'g',
      value: 'pattern',
      description: 'only lines in which this regular expression is found',
    },
  },
  words: 1,
  async run({ load, actions, session, output, flags, values, words }) {
    const lines = lineCount(values.get('lines'));
    const since = secondsOf(values.get('since'));
    const pattern = patternOf(values.get('grep'));
    if (flags.has('follow') && flags.has('previous')) {
      const what = '`--follow` and `--previous` exclude each other: what has ended writes nothing more';
      throw new UserMistake({ what, next: 'Leave one of them out.' });
    }
    const project = await load();
    const [part] = words;
    if (part !== undefined) assertPart(part, project);
    const width = Math.max(...partsOf(project).map((name) => name.length));
    const follow = flags.has('follow');
    const options = {
      follow,
      lines,
      previous: flags.has('previous'),
      ...(since === undefined ? {} : { since }),
      ...(part === undefined ? {} : { part }),
    };
    try {
      await actions.logs(
        project,
        options,
        (line) => {
          if (pattern?.test(line.text) === false) return;
          const name = styled(output.look, 'cyan', line.part.padEnd(width));
          output.result({ kind: 'log', ...line }, `${name}  ${clean(line.text)}\n`);
        },
        session,
      );
    } catch (error) {
      // Ctrl-C is how following ends.
      if (!(follow && session.signal.aborted)) throw error;
    }
    return 0;
  },
};

function patternOf(text: string | undefined): RegExp | undefined {
  if (text === undefined) return undefined;
  try {
    return new RegExp(text, 'v');
  } catch {
    const what = `\`--grep ${text}\` is no regular expression`;
    throw new UserMistake({ what, next: 'Put a backslash before ( [ { * + ? . | ^ $ where they are meant.' });
  }
}

function lineCount(text: string | undefined): number {
  if (text === undefined) return 100;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new UserMistake({ what: `\`--lines ${text}\` is no number of lines`, next: 'Write --lines 100.' });
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, count, unit = ''] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return Number(count) * (unitSeconds[unit] ?? 1);
  throw new UserMistake({
    what: `\`--since ${text}\` is no time`,
    next: 'Write --since 30s, 10m, 2h or 1d.',
  });
}

function assertPart(part: string, project: Project): void {
  const known = partsOf(project);
  if (known.includes(part)) return;
  throw new UserMistake({
    what: `\`${part}\` is neither a component nor a service`,
    next: suggestion(part, known),
  });
}

function partsOf({ components, services }: Project): readonly string[] {
  return [...components, ...services].map(({ name }) => name);
}
