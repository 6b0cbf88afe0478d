import { type Place, type Problem, placeText } from '../../core/failure.ts';
import { clean, type Look, styled } from './look.ts';

/** Gives a line of a file, from 1, or undefined where there is none to show. */
export type ReadLine = (file: string, line: number) => string | undefined;

/**
 * A problem in lines: what and where, the line of the file with a mark below the column, the evidence, and what to
 * do next.
 */
export function problemLines(
  problem: Problem,
  look: Look,
  kind: 'mistake' | 'warning',
  readLine: ReadLine = () => undefined,
): readonly string[] {
  const mark = kind === 'warning' ? styled(look, 'yellow', '!') : styled(look, 'red', '✘');
  const place = placeText(problem.where);
  const what = styled(look, 'bold', clean(problem.what));
  return [
    place === '' ? `${mark} ${what}` : `${mark} ${styled(look, 'cyan', clean(place))}: ${what}`,
    ...excerpt(problem.where, look, readLine),
    ...(problem.details ?? []).map((line) => styled(look, 'dim', `    ${clean(line)}`)),
    ...(problem.next === undefined ? [] : [`  ${clean(problem.next)}`]),
  ];
}

function excerpt(where: Place | undefined, look: Look, readLine: ReadLine): readonly string[] {
  if (where?.file === undefined || where.line === undefined || where.confidential === true) return [];
  const line = readLine(where.file, where.line);
  if (line === undefined || line.trim() === '') return [];
  const number = String(where.line);
  // A tab counts as one column, so that the mark stands below what it means.
  const text = clean(line.replaceAll('\t', ' '));
  const mark = `${' '.repeat(number.length)} | ${' '.repeat((where.column ?? 1) - 1)}^`;
  return [styled(look, 'dim', `    ${number} | ${text}`), styled(look, 'dim', `    ${mark}`)];
}
