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
  },
  words: 1,
  async run({ load, actions, session, output, flags, values, words }) {
    const lines = lineCount(values.get('lines'));
    const project = await load();
    const [part] = words;
    if (part !== undefined) assertPart(part, project);
    const width = Math.max(...partsOf(project).map((name) => name.length));
    const follow = flags.has('follow');
    const options = {
      follow,
      lines,
      previous: flags.has('previous'),
      ...(part === undefined ? {} : { part }),
    };
    try {
      await actions.logs(
        project,
        options,
        (line) => {
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

function lineCount(text: string | undefined): number {
  if (text === undefined) return 100;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new UserMistake({ what: `\`--lines ${text}\` is no number of lines`, next: 'Write --lines 100.' });
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
