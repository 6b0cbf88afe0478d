import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CpuProfile, type Shares, summarize } from '../profile.ts';
import { shell } from '../timing.ts';
import { root } from '../workplace.ts';

/** Writes a page about where the time of an `up` goes that changes nothing. */
export async function profileNoOp(
  place: { readonly folder: string; readonly env: Readonly<Record<string, string>> },
  page: string,
  words = 'up',
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ptp-bench-profile-'));
  try {
    const flags = `--cpu-prof --cpu-prof-interval 200 --cpu-prof-dir '${folder}'`;
    const lines = `'${process.execPath}' ${flags} '${join(root, 'path/bin/ptp.mjs')}' ${words}`;
    await shell({ ...place, lines });
    const [file] = (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile'));
    if (file === undefined) throw new Error('no profile was written');
    await writeFile(page, pageOf(JSON.parse(await readFile(join(folder, file), 'utf8')) as CpuProfile));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function pageOf(profile: CpuProfile): string {
  const { total, areas, functions } = summarize(profile);
  return [
    '# Where an `up` that changes nothing spends its time',
    '',
    '<!-- Written by `npm run bench -- --only cluster`. -->',
    '',
    `One run under V8’s profiler, which makes it slower: ${total.toFixed(0)} ms on the main thread, sampled every 0.2 ms.`,
    '',
    '## By part',
    '',
    ...table('part', areas, total, 16),
    '',
    '## Functions, without those that they call',
    '',
    ...table('function', functions, total, 20),
    '',
  ].join('\n');
}

function table(name: string, shares: Shares, total: number, most: number): readonly string[] {
  const rows = shares.slice(0, most).map(([what, milliseconds]) => {
    const shown = what.replaceAll('|', '\\|').replaceAll('<', '‹').replaceAll('>', '›');
    return `| ${shown} | ${milliseconds.toFixed(1)} | ${((milliseconds / total) * 100).toFixed(1)} % |`;
  });
  return [`| ${name} | ms | of all |`, '| --- | ---: | ---: |', ...rows];
}
