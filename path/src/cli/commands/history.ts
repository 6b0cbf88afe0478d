import type { PastRelease } from '../actions.ts';
import type { Command } from '../command.ts';
import { duration, type Look, styled, table } from '../render/look.ts';
import { planLines } from '../render/plan-lines.ts';
import { problemLines } from '../render/problem.ts';
import { trafficText } from '../render/traffic.ts';
import { releaseNumber } from './release-number.ts';

/** `ptp history`: all releases in a line each, or one of them whole. */
export const history: Command = {
  name: 'history',
  summary: 'every release: what, when, by whom, and what came of it',
  usage: 'history [release]',
  options: {},
  words: 1,
  async run({ load, actions, session, output, words: [word] }) {
    const number = releaseNumber(word);
    const all = await actions.history(await load(), session);
    const releases = number === undefined ? all : all.filter((one) => one.number === number);
    const [only] = releases;
    output.result(
      { kind: 'history', releases },
      number === undefined
        ? listText(all, output.look)
        : only === undefined
          ? `There is no release ${number}.\n`
          : releaseText(only, output.look),
    );
    return number !== undefined && only === undefined ? 1 : 0;
  },
};

function listText(releases: readonly PastRelease[], look: Look): string {
  if (releases.length === 0) return 'Nothing was released yet.\n';
  const rows = table(releases.map(row));
  const lines = rows.map((line, index) => {
    const one = releases[index];
    const color = one?.current ? 'green' : one?.state === 'serving' ? 'dim' : 'red';
    return `${styled(look, color, '●')} ${line}`;
  });
  return `${lines.join('\n')}\n`;
}

function row(one: PastRelease): readonly string[] {
  const { number, state, current, begun, seconds, by, source, backTo, rolled, traffic } = one;
  const what = backTo === undefined ? (rolled.length === 0 ? '' : rolled.join(', ')) : `back to ${backTo}`;
  return [
    String(number),
    current ? 'serves' : state === 'serving' ? 'served' : state,
    `${begun.slice(0, 19).replace('T', ' ')}Z`,
    seconds === undefined ? '' : duration(seconds),
    by,
    source === undefined ? '' : `${source.commit.slice(0, 12)}${source.clean ? '' : ' and changes'}`,
    what,
    traffic === undefined ? '' : `${traffic.failed} of ${traffic.requests} requests failed`,
  ];
}

function releaseText(one: PastRelease, look: Look): string {
  const { images, migrated, changes, traffic, problems = [] } = one;
  return [
    row(one)
      .filter((word) => word !== '')
      .join('  '),
    '',
    ...table(images.map(({ name, digest }) => [name, digest])).map((line) => `  ${line}`),
    '',
    ...planLines(changes, migrated, look),
    ...(traffic === undefined ? [] : [trafficText(traffic)]),
    ...problems.flatMap((problem) => problemLines(problem, look, 'mistake')),
    '',
  ].join('\n');
}
