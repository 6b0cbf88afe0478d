import type { DrillName, DrillResult } from '../../core/drill.ts';
import { UserMistake } from '../../core/failure.ts';
import { suggestion } from '../../project/suggest.ts';
import type { Command } from '../command.ts';
import { rateOf, resultText } from './drill.ts';

/** What can be exchanged, and the drill that does it. */
const rotations = {
  database: 'rotate-database',
  'signing-key': 'rotate-signing-key',
  authority: 'rotate-authority',
} as const satisfies Readonly<Record<string, DrillName>>;

type Rotation = keyof typeof rotations;
const all = Object.keys(rotations) as readonly Rotation[];

/** `ptp rotate`: exit code 0 only where all that was asked for was exchanged and no request failed. */
export const rotate: Command = {
  name: 'rotate',
  summary: 'exchange credentials for new ones while they are in use',
  usage: 'rotate [what] [--rate 100]',
  description: `Exchanges what is named (${all.join(', ')}), or all of it, while requests go through the public URL. What came of it is kept as a drill's result is.`,
  options: {
    rate: { type: 'string', value: 'number', description: 'requests a second (default: 100)' },
  },
  words: 1,
  async run({ load, actions, session, output, values, words: [word] }) {
    const chosen = word === undefined ? all : [rotationOf(word)];
    const rate = rateOf(values.get('rate'));
    const project = await load();
    const results: DrillResult[] = [];
    for (const one of chosen) results.push(await actions.drill(project, rotations[one], { rate }, session));
    output.result(
      { kind: 'rotate', results },
      results.map((result) => resultText(result, output.look)).join(''),
    );
    return results.some(({ outcome }) => outcome === 'failed') ? 1 : 0;
  },
};

function rotationOf(word: string): Rotation {
  const found = all.find((one) => one === word);
  if (found !== undefined) return found;
  throw new UserMistake({ what: `\`${word}\` is nothing to exchange`, next: suggestion(word, all) });
}
