import type { Answer, Trace } from '../../core/answer.ts';
import type { Command } from '../command.ts';
import { type Look, styled, table } from '../render/look.ts';

/** `ptp explain`: the questions; one of them answered; or a field of a live object traced to its origin. */
export const explain: Command = {
  name: 'explain',
  summary: 'every decision, with facts of the system as it is; where a field comes from',
  usage: 'explain [topic | kind/name [.path]]',
  description:
    'Without a topic it lists the questions. With one: what was chosen, what was turned down and why, what it costs, and what is so now in the live system, each with the command that shows it. With an object, and a path in it, it traces the field to its rule and to the line of ptp.yaml: `ptp explain deployment/backend .spec.replicas`.',
  options: {},
  words: 2,
  async run({ load, actions, session, output, words: [word, path] }) {
    const project = await load();
    if (word?.includes('/')) {
      const found = await actions.trace(project, { object: word, path: path ?? '' }, session);
      output.result({ kind: 'trace', ...found }, traceText(found, output.look));
      return 0;
    }
    const answers = await actions.explain(project, word, session);
    const [only] = answers;
    output.result(
      { kind: 'explain', answers },
      word === undefined || only === undefined
        ? listText(answers, output.look)
        : answerText(only, output.look),
    );
    return 0;
  },
};

function listText(answers: readonly Answer[], look: Look): string {
  const names = table(answers.map(({ topic }) => [topic]));
  const width = Math.max(...answers.map(({ topic }) => topic.length));
  const lines = answers.flatMap(({ part, question, facts }, index) => {
    const heading = part === answers[index - 1]?.part ? [] : ['', styled(look, 'bold', part)];
    const wrong = facts.filter(({ ok }) => !ok).length;
    const mark = styled(look, wrong === 0 ? 'green' : 'yellow', '●');
    const note = wrong === 0 ? '' : styled(look, 'yellow', ` (${wrong} to look at)`);
    return [...heading, `  ${mark} ${(names[index] ?? '').padEnd(width)}  ${question}${note}`];
  });
  return `${lines.slice(1).join('\n')}\n\nOne of them: ptp explain images\n`;
}

function answerText(one: Answer, look: Look): string {
  const { question, choice, turnedDown, costs, decisions, facts } = one;
  const width = Math.min(100, look.columns);
  const facing = facts.flatMap(({ what, is, command, ok }) => [
    `  ${styled(look, ok ? 'green' : 'red', '●')} ${what}: ${is}`,
    `    ${styled(look, 'dim', `$ ${command}`)}`,
  ]);
  return [
    styled(look, 'bold', question),
    '',
    ...wrapped(choice, width, ''),
    '',
    styled(look, 'bold', 'Now'),
    ...facing,
    '',
    styled(look, 'bold', 'Turned down'),
    ...turnedDown.flatMap(({ what, why }) => wrapped(`${what}: ${why}.`, width, '  ')),
    '',
    styled(look, 'bold', 'What it costs'),
    ...wrapped(costs, width, '  '),
    '',
    ...decisions.map(({ title, file }) => styled(look, 'dim', `${file}  ${title}`)),
    '',
  ].join('\n');
}

function traceText({ object, path, value, manager, sources }: Trace, look: Look): string {
  return [
    `${styled(look, 'bold', object)} ${path === '.' ? '' : path}`,
    ...JSON.stringify(value, undefined, 2)
      .split('\n')
      .map((line) => `  ${line}`),
    ...(manager === undefined ? [] : [styled(look, 'dim', `  set by ${manager}`)]),
    ...sources.flatMap(({ path: of, rule, file, input, decision }) => [
      '',
      `${of === path ? '' : `${of}\n`}  ${rule}`,
      ...(input === undefined
        ? []
        : [
            `  from ${styled(look, 'cyan', `${input.file}${input.line === undefined ? '' : `:${input.line}`}`)} ${input.key}${input.set ? '' : ' (left out: the default)'}`,
          ]),
      styled(look, 'dim', `  ${file}${decision === undefined ? '' : `, ${decision.file}`}`),
    ]),
    ...(sources.length === 0
      ? ['', '  No rule of the path is about it: the server or a controller fills it in.']
      : []),
    '',
  ].join('\n');
}

function wrapped(text: string, width: number, indent: string): readonly string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > width && line.trim() !== '') {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}
