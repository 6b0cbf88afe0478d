import type { Project } from '../../project/project.ts';
import type { StageResult } from './accept.ts';

/** When and by which version a target was tried. */
export interface Occasion {
  /** ISO 8601. */
  readonly date: string;
  readonly version: string;
}

/** The report of a run, in Markdown: what was tried, what was seen, how long it took. */
export function reportText(
  { name, target }: Pick<Project, 'name' | 'target'>,
  results: readonly StageResult[],
  { date, version }: Occasion,
): string {
  const failed = results.filter(({ ok }) => !ok);
  const cells = (row: readonly string[]) =>
    `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    `# ${name} on ${target.name} (${target.cluster}), ${date}`,
    '',
    `\`ptp acceptance --target ${target.name}\`, ptp ${version}: ${
      failed.length === 0 ? 'all of it passed' : `${failed.map(({ stage }) => stage).join(', ')} failed`
    }.`,
    '',
    cells(['what', '', 'seconds', 'seen']),
    cells(['---', '---', '---:', '---']),
    ...results.map(({ stage, ok, seconds, found }) =>
      cells([stage, ok ? 'passed' : 'FAILED', seconds.toFixed(1), found.replaceAll(/\s+/g, ' ')]),
    ),
    '',
  ].join('\n');
}
