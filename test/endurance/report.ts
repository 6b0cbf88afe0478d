import type { Attempt } from './journal.ts';

/** What a part of the tests came to. */
export interface PartResult {
  readonly part: string;
  /** The day, `2026-11-24`. */
  readonly date: string;
  readonly commit: string;
  /** Processors, memory, kernel, in a few words. */
  readonly machine: string;
  /** How it was called, with its seed. */
  readonly command: string;
  readonly attempts: readonly Attempt[];
  readonly notes: readonly string[];
}

const titles: Readonly<Record<string, string>> = {
  kills: '`up` killed on a cluster that runs',
  firsts: 'The first `up` killed',
  faults: 'Faults of a system that runs',
  removals: '`down` on clusters in any state',
  rollouts: 'Rollouts under load',
  fuzz: 'Inputs drawn by lot',
};

/** Kept from one run to the next, so that a run of one part leaves the others as they are. */
const border = (part: string) => `<!-- ${part} -->`;

/** The page with the result of a part put in place of its earlier one. */
export function withResult(page: string, result: PartResult): string {
  const sections = new Map<string, string>();
  for (const part of Object.keys(titles)) {
    const [, rest] = page.split(`${border(part)}\n`);
    if (rest !== undefined) sections.set(part, rest.split(/\n<!-- \w+ -->\n/)[0]?.trim() ?? '');
  }
  sections.set(result.part, section(result));
  const parts = Object.keys(titles).flatMap((part) => {
    const text = sections.get(part);
    return text === undefined ? [] : [`${border(part)}\n\n${text}\n`];
  });
  return `${head}\n${parts.join('\n')}`;
}

const head = `# Endurance

What was broken on purpose, how often, and what came of it. Written by \`npm run test:endurance\`; each part says when and
where it was run. [docs/faults.md](../docs/faults.md) says what each fault means to a user.
`;

function section({ part, date, commit, machine, command, attempts, notes }: PartResult): string {
  const failed = attempts.filter(({ ok }) => !ok);
  const minutes = attempts.reduce((sum, { seconds }) => sum + seconds, 0) / 60;
  const groups = [...new Set(attempts.map(({ group }) => group))];
  const rows = groups.map((group) => {
    const own = attempts.filter((one) => one.group === group);
    const seconds = own.reduce((sum, one) => sum + one.seconds, 0);
    return `| ${group} | ${own.length} | ${own.filter(({ ok }) => ok).length} | ${(seconds / own.length).toFixed(0)} s |`;
  });
  return [
    `## ${titles[part] ?? part}`,
    '',
    `${date}, commit ${commit}, ${machine}. \`${command}\`: ${attempts.length - failed.length} of ${attempts.length} well, in ${minutes.toFixed(0)} min.`,
    '',
    '| what | times | well | each |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `- ${note}`)]),
    ...(failed.length === 0 ? [] : ['', 'Not well:', '', ...failed.map(told)]),
    ...(part === 'kills' || part === 'firsts'
      ? []
      : ['', 'What was seen:', '', ...attempts.filter(({ ok }) => ok).map(told)]),
  ].join('\n');
}

function told({ group, name, seen }: Attempt): string {
  return `- ${group}: ${name}: ${shortened(seen)}`;
}

/** In one line, without what is of this machine's temporary folders. */
function shortened(text: string): string {
  const line = text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\/(?:tmp|var\/tmp|root|home)\/[^\s,;:)→]*/g, '…')
    .replaceAll('|', '·');
  return line.length > 500 ? `${line.slice(0, 500)}…` : line;
}
