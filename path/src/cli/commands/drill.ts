import { type DrillName, type DrillResult, type DrillState, drillNames } from '../../core/drill.ts';
import { UserMistake } from '../../core/failure.ts';
import { suggestion } from '../../project/suggest.ts';
import type { Command } from '../command.ts';
import { clean, duration, type Look, styled, table } from '../render/look.ts';
import { problemLines } from '../render/problem.ts';
import { trafficText } from '../render/traffic.ts';

/** `ptp drill`: all drills in a line each, or one of them run. Exit code 0 only where it passed. */
export const drill: Command = {
  name: 'drill',
  summary: 'try what will have to work one day, under traffic; alone: what was tried, and when',
  usage: 'drill [name] [--rate 100] [--sudden] [--node name]',
  description: `Does what a bad day asks for while requests go through the public URL, and keeps a dated result in the cluster. The drills: ${drillNames.join(', ')}.`,
  options: {
    rate: { type: 'string', value: 'number', description: 'requests a second (default: 100)' },
    sudden: { type: 'boolean', description: 'of node-loss: the node stops without warning' },
    node: { type: 'string', value: 'name', description: 'of node-loss: which node' },
  },
  words: 1,
  async run({ load, actions, session, output, flags, values, words: [word] }) {
    if (word === undefined) {
      const drills = await actions.drills(await load(), session);
      output.result({ kind: 'drills', drills }, listText(drills, output.look));
      return 0;
    }
    const name = drillName(word);
    const node = values.get('node');
    const options = {
      rate: rateOf(values.get('rate')),
      sudden: flags.has('sudden'),
      ...(node === undefined ? {} : { node }),
    };
    const result = await actions.drill(await load(), name, options, session);
    output.result({ kind: 'drill', ...result }, resultText(result, output.look));
    return result.outcome === 'failed' ? 1 : 0;
  },
};

/** Requests a second as they were typed; 100 unless told. Throws UserMistake for what is no such number. */
export function rateOf(word = '100'): number {
  if (/^[1-9]\d{0,3}$/.test(word) && Number(word) <= 2000) return Number(word);
  throw new UserMistake({
    what: `\`${word}\` is no rate`,
    next: 'Write how many requests a second, from 1 to 2000.',
  });
}

function drillName(word: string): DrillName {
  const found = drillNames.find((one) => one === word);
  if (found !== undefined) return found;
  throw new UserMistake({ what: `there is no drill \`${word}\``, next: suggestion(word, drillNames) });
}

function listText(drills: readonly DrillState[], look: Look): string {
  const rows = table(
    drills.map(({ drill: name, summary, passed, results: [last] }) => [
      name,
      passed === undefined ? 'never passed' : `passed ${minute(passed)}`,
      last === undefined || last.outcome === 'passed' ? '' : `${wordOf(last)} ${minute(last.ended)}`,
      summary,
    ]),
  );
  const lines = rows.map((line, index) => `${mark(drills[index]?.results[0], look)} ${line}`);
  return `${lines.join('\n')}\n`;
}

/** A drill's result for people. */
export function resultText(result: DrillResult, look: Look): string {
  const { drill: name, begun, ended, text, facts, traffic, problems = [] } = result;
  const seconds = (Date.parse(ended) - Date.parse(begun)) / 1000;
  const found = table(Object.entries(facts).map(([key, value]) => [key, clean(String(value))]));
  return [
    `${mark(result, look)} ${name} ${wordOf(result)}: ${clean(text)} (${duration(seconds)})`,
    ...found.map((line) => `  ${line}`),
    ...(traffic === undefined ? [] : [`  ${trafficText(traffic)}`]),
    ...problems.flatMap((problem) => problemLines(problem, look, 'mistake')),
    '',
  ].join('\n');
}

function wordOf({ outcome }: DrillResult): string {
  return outcome === 'not-possible' ? 'is not possible here' : outcome;
}

function mark(last: DrillResult | undefined, look: Look): string {
  const color = last?.outcome === 'passed' ? 'green' : last?.outcome === 'failed' ? 'red' : 'dim';
  return styled(look, color, '●');
}

/** `2026-11-26 12:44Z` */
function minute(moment: string): string {
  return `${moment.slice(0, 16).replace('T', ' ')}Z`;
}
