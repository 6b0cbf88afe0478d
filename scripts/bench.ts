import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { PartResult, Row } from '../bench/figures.ts';
import { describeMachine, loadNow } from '../bench/machine.ts';
import { notes as clusterNotes, measureCluster } from '../bench/parts/cluster.ts';
import { notes as goNotes, measureGo } from '../bench/parts/go.ts';
import { notes as hundredNotes, measureHundred } from '../bench/parts/hundred.ts';
import { measureNode, notes as nodeNotes } from '../bench/parts/node.ts';
import { notes as applicationNotes, measureApplications } from '../bench/parts/system.ts';
import { versions } from '../bench/peers.ts';
import { type Asked, type Results, resultsPage } from '../bench/report.ts';
import { openWorkplace, type Workplace } from '../bench/workplace.ts';

/*
 * Measures the tool beside its peers and writes bench/results.md and bench/results.json:
 *
 *   npm run bench -- [--only node,go,cluster,hundred,system] [--runs 5]
 *
 * Parts that are left out keep the figures of their last run.
 */
interface Part {
  readonly title: string;
  readonly notes: readonly string[];
  /** After which nothing is repeated any more: the whole is to end within 20 minutes, also where others work. */
  readonly minutes: number;
  measure(place: Workplace): Promise<readonly Row[]>;
}

const parts: Readonly<Record<string, Part>> = {
  node: { title: 'Image build and push: Node.js', notes: nodeNotes, minutes: 3, measure: measureNode },
  go: { title: 'Image build and push: Go', notes: goNotes, minutes: 2, measure: measureGo },
  cluster: { title: 'Local cluster', notes: clusterNotes, minutes: 5, measure: measureCluster },
  hundred: { title: 'A hundred components', notes: hundredNotes, minutes: 2, measure: measureHundred },
  system: {
    title: 'The applications themselves',
    notes: applicationNotes,
    minutes: 4,
    measure: measureApplications,
  },
};

const { values } = parseArgs({
  options: { only: { type: 'string' }, runs: { type: 'string', default: '5' }, help: { type: 'boolean' } },
});
const chosen = values.only?.split(',') ?? Object.keys(parts);
const unknown = chosen.filter((name) => parts[name] === undefined);
const runs = Number(values.runs);
if (values.help === true || unknown.length > 0 || !Number.isInteger(runs) || runs < 1) {
  process.stderr.write(`npm run bench -- [--only ${Object.keys(parts).join(',')}] [--runs 5]\n`);
  process.exit(values.help === true ? 0 : 2);
}

const folder = join(import.meta.dirname, '../bench');
const began = performance.now();
const pending = new Set<() => Promise<void>>();
let until = 0;
const place = await openWorkplace(runs, {
  say: (text) => {
    process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${text}\n`);
  },
  enough: () => performance.now() > until,
  atEnd(undo) {
    const once = async () => {
      if (pending.delete(once)) await undo();
    };
    pending.add(once);
    return once;
  },
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    place.say(`${signal}: what was started is ended`);
    await Promise.allSettled([...pending].toReversed().map((undo) => undo()));
    process.exit(130);
  });
}
const before = await readResults();
const done = new Map<string, PartResult>(before.map((part) => [part.name, part]));
let failures = 0;
for (const [name, { title, notes, minutes, measure }] of Object.entries(parts)) {
  if (!chosen.includes(name)) continue;
  until = performance.now() + minutes * 60_000;
  const [at, started, load] = [new Date().toISOString(), performance.now(), loadNow()];
  const outcome = await measure(place).then(
    (rows) => ({ rows }),
    (error: unknown) => {
      failures += 1;
      const text = error instanceof Error ? error.message : String(error);
      process.stderr.write(`${name} could not be measured: ${text}\n`);
      return { rows: [] as readonly Row[], failed: text.split('\n')[0] ?? '' };
    },
  );
  const seconds = Math.round((performance.now() - started) / 1000);
  done.set(name, { name, title, notes, at, seconds, load: [load, loadNow()], ...outcome });
}

const asked = JSON.parse(await readFile(join(folder, 'asked.json'), 'utf8')) as Asked;
const results: Results = {
  machine: describeMachine(),
  versions: await versions(),
  command: ['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' '),
  parts: Object.keys(parts).flatMap((name) => done.get(name) ?? []),
};
await writeFile(join(folder, 'results.json'), `${JSON.stringify(results, undefined, 2)}\n`);
const page = resultsPage(results, asked);
await writeFile(join(folder, 'results.md'), page);
process.stdout.write(page);
process.exitCode = failures === 0 ? 0 : 1;

async function readResults(): Promise<readonly PartResult[]> {
  const text = await readFile(join(folder, 'results.json'), 'utf8').catch(() => undefined);
  return text === undefined ? [] : (JSON.parse(text) as Results).parts;
}
