import { type PartResult, type Peer, type Row, ratio, reached, type Spread, type Unit } from './figures.ts';

/** What was measured, on what machine. */
export interface Results {
  readonly machine: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly command: string;
  readonly parts: readonly PartResult[];
}

/** What is asked of rows by their id, and why one does not reach it: kept by hand, in asked.json. */
export type Asked = Readonly<
  Record<string, { readonly asked?: number; readonly from?: string; readonly reason?: string }>
>;

const digits: Readonly<Record<Unit, number>> = { s: 2, ms: 0, MiB: 0, MB: 1, '%': 1, '1/s': 0, requests: 0 };

/** The page of the results. Pure. */
export function resultsPage(results: Results, asked: Asked): string {
  return [
    '# Figures',
    '',
    '<!-- Written by `npm run bench`; what is asked and the reasons are in bench/asked.json. -->',
    '',
    'Whole processes, as a user sees them: the median of several runs in turn (A, B, C, A, B, C, …), in brackets the',
    'least and the most. How many times better ours is than a peer’s is the peer’s median by ours.',
    '',
    ...table([
      ['machine', ''],
      ...Object.entries({ ...results.machine, ...results.versions, command: `\`${results.command}\`` }),
    ]),
    ...results.parts.flatMap((part) => partLines(part, asked)),
    '',
  ].join('\n');
}

function partLines(part: PartResult, asked: Asked): readonly string[] {
  const { title, at, seconds, load, notes, rows, failed } = part;
  const when = `${at.slice(0, 16).replace('T', ' ')} UTC, ${Math.round(seconds)} s, load average ${load.map((one) => one.toFixed(1)).join(' → ')}`;
  const lines = rows.flatMap((row) => rowCells(row, asked));
  return [
    '',
    `## ${title}`,
    '',
    when,
    ...(failed === undefined ? [] : ['', `Not measured: ${failed}`]),
    ...(lines.length === 0
      ? []
      : ['', ...table([['what', 'ptp', 'asked', '', 'peer', 'the peer’s', 'ratio', 'why not'], ...lines])]),
    ...notes.flatMap((note) => ['', note]),
  ];
}

/** A row's line, and one more for each further peer. */
function rowCells(row: Row, all: Asked): readonly (readonly string[])[] {
  const known = all[row.id];
  const asked = known?.asked ?? row.asked;
  const good = asked === undefined ? undefined : reached(row.unit, row.ours.median, asked);
  const bound = row.unit === '1/s' ? '≥' : '≤';
  const first = [
    row.what,
    spreadText(row.ours, row.unit),
    asked === undefined ? '' : `${bound} ${asked} ${row.unit}`,
    good === undefined ? '' : good ? '✔' : '✘',
  ];
  const reason = good === false ? (known?.reason ?? 'to be said in asked.json') : '';
  const peers = row.peers.map((peer) => peerCells(row, peer));
  const [one = ['', '', ''], ...others] = peers;
  return [[...first, ...one, reason], ...others.map((cells) => ['', '', '', '', ...cells, ''])];
}

function peerCells(row: Row, peer: Peer): readonly string[] {
  const name = peer.published === true ? `${peer.name} (published)` : peer.name;
  return [name, spreadText(peer.spread, row.unit), `${ratio(row, peer).toFixed(1)} ×`];
}

function spreadText({ median, least, most, runs, cpu }: Spread, unit: Unit): string {
  const text = (value: number) => value.toFixed(digits[unit]);
  const more = [
    ...(runs === 1 ? [] : [`${text(least)}–${text(most)}`]),
    ...(cpu === undefined ? [] : [`${text(cpu)} s of processor`]),
  ];
  return `${text(median)} ${unit}${more.length === 0 ? '' : ` (${more.join('; ')})`}`;
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const safe = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const [head = [], ...body] = safe;
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...body.map(line)];
}
