import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BenchPart, parts } from './parts.ts';
import { type RunFacts, report } from './report.ts';
import type { Row } from './row.ts';

/** `npm run bench`: measures, prints, and writes results.json and results.md beside this file. */
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const names = parts.map(({ name }) => name);
const unknown = (values.only ?? []).filter((name) => !names.includes(name));
if (values.help || unknown.length > 0) {
  for (const name of unknown) process.stderr.write(`there is no part ${name}\n`);
  process.stdout.write(`Usage: npm run bench -- [--only ${names.join('|')}]… [--quick]

Measures on this machine, which should do nothing else, and writes bench/results.md and bench/results.json.
  --only   one part; may be given several times. The other rows stay as they were written last.
  --quick  fewer and shorter runs, and nothing is written: whether it works at all.
`);
  process.exit(unknown.length > 0 ? 2 : 0);
}

const chosen = parts.filter(({ name }) => values.only?.includes(name) ?? true);
const effort = values.quick ? 'quick' : 'full';
const rows: { readonly part: string; readonly rows: readonly Row[] }[] = [];
for (const part of chosen) {
  const began = performance.now();
  rows.push({ part: part.name, rows: await part.measure(effort, (text) => say(part, text)) });
  say(part, `${((performance.now() - began) / 1000).toFixed(0)} s in all`);
}

const here = import.meta.dirname;
const file = join(here, 'results.json');
const measured: Readonly<Record<string, readonly Row[]>> = {
  ...(values.only === undefined || !existsSync(file) ? {} : JSON.parse(readFileSync(file, 'utf8')).parts),
  ...Object.fromEntries(rows.map((one) => [one.part, one.rows])),
};
const facts = factsOfThisRun();
const reasons = JSON.parse(readFileSync(join(here, 'reasons.json'), 'utf8'));
const page = report(
  names.flatMap((name) => measured[name] ?? []),
  reasons,
  facts,
);
process.stdout.write(page);
if (!values.quick) {
  writeFileSync(file, `${JSON.stringify({ facts, parts: measured }, null, 2)}\n`);
  writeFileSync(join(here, 'results.md'), page);
}
process.exit(0);

function say(part: BenchPart, text: string): void {
  process.stderr.write(`${part.name.padEnd(8)} ${text}\n`);
}

function factsOfThisRun(): RunFacts {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: here, encoding: 'utf8' }).trim();
  const [processor] = cpus();
  const go = execFileSync('go', ['version'], { encoding: 'utf8' }).trim();
  return {
    command: ['npm run bench', ...(values.only ?? []).map((name) => `--only ${name}`)].join(' '),
    date: new Date().toISOString(),
    revision: `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') === '' ? '' : ' and changes'}`,
    machine: [
      ['processor', `${cpus().length} × ${processor?.model.trim() ?? 'unknown'}`],
      ['memory', `${(totalmem() / 2 ** 30).toFixed(1)} GiB`],
      ['kernel', `Linux ${release()}`],
      ['Node.js', process.version],
      ['Go', go.replace(/^go version /, '')],
    ],
  };
}
