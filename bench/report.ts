import { type Row, ratio, reached } from './row.ts';

/** What a run says of itself and of the machine. */
export interface RunFacts {
  readonly command: string;
  /** ISO 8601. */
  readonly date: string;
  readonly revision: string;
  /** A name and what it is: `processor`, `2 × …`. */
  readonly machine: readonly (readonly [string, string])[];
}

/** The results as a page: a table for each group, and for each row that is not reached its reason. */
export function report(
  rows: readonly Row[],
  reasons: Readonly<Record<string, string>>,
  facts: RunFacts,
): string {
  const groups = [...new Set(rows.map(({ group }) => group))];
  return [
    '# What was measured',
    '',
    `\`${facts.command}\`, ${facts.date}, revision ${facts.revision}, in one run on one machine:`,
    '',
    ...facts.machine.map(([name, text]) => `- ${name}: ${text}`),
    '',
    'Times are of whole processes, as users see them; the figure is the median, with the least and the most of the runs',
    'behind it. The ratio says how many times better than the peer we are. A peer marked * was not measured in this run:',
    'its figure was published, or taken from the original on another day on two cores.',
    '',
    ...groups.flatMap((group) =>
      table(
        group,
        rows.filter((row) => row.group === group),
      ),
    ),
    ...explained(rows, reasons),
  ].join('\n');
}

function table(group: string, rows: readonly Row[]): readonly string[] {
  const cells = rows.map((row) => [
    row.name,
    `**${figure(row.value, row.unit)}**${spread(row)}`,
    row.asked === undefined
      ? ''
      : `${row.unit === '1/s' ? '≥' : '≤'} ${figure(row.asked, row.unit)} ${reached(row) ? '✓' : '✗'}`,
    row.peer === undefined
      ? ''
      : `${row.peer.name}${row.peer.here ? '' : ' *'}: ${figure(row.peer.value, row.unit)}`,
    ratioText(row),
  ]);
  return [
    `## ${group}`,
    '',
    '| what | here | asked | peer | ratio |',
    '| --- | --- | --- | --- | --- |',
    ...cells.map((row) => `| ${row.join(' | ')} |`),
    '',
  ];
}

function ratioText(row: Row): string {
  const times = ratio(row);
  return times === undefined ? '' : `${times.toFixed(times < 10 ? 1 : 0)} ×`;
}

function spread({ runs, unit }: Row): string {
  if (runs === undefined || runs.count < 2) return '';
  return ` (${runs.count}: ${plain(runs.least, unit)}–${plain(runs.most, unit)})`;
}

function figure(value: number, unit: Row['unit']): string {
  return unit === 'requests'
    ? plain(value, unit)
    : `${plain(value, unit)} ${unit === '1/s' ? 'requests/s' : unit}`;
}

function plain(value: number, unit: Row['unit']): string {
  if (unit === '1/s' || unit === 'requests') return Math.round(value).toLocaleString('en');
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

function explained(rows: readonly Row[], reasons: Readonly<Record<string, string>>): readonly string[] {
  const missed = rows.filter((row) => reached(row) === false);
  if (missed.length === 0) return ['Everything that is asked is reached.', ''];
  return [
    '## Not reached, and why',
    '',
    ...missed.map(({ name }) => `- **${name}**: ${reasons[name] ?? 'no reason is known yet.'}`),
    '',
  ];
}
