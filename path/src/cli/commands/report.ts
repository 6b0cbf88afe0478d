import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from '../command.ts';

/** `ptp report`. */
export const report: Command = {
  name: 'report',
  summary: 'all of it in one HTML file: topology, releases, answers, evidence, cost, decisions',
  usage: 'report [file]',
  description:
    'Writes one HTML file that needs nothing else, and prints well; report.html unless a file is named, `-` for standard output. With --json it prints what is in it instead.',
  options: {},
  words: 1,
  async run({ load, actions, session, output, cwd, words: [file = 'report.html'] }) {
    const { model, html } = await actions.report(await load(), session);
    if (output.json) {
      output.result({ kind: 'report', ...model }, '');
      return 0;
    }
    if (file === '-') {
      output.raw(html);
      return 0;
    }
    writeFileSync(resolve(cwd, file), html);
    output.result({ kind: 'report' }, `Wrote ${file} (${Math.round(html.length / 1024)} KiB).\n`);
    return 0;
  },
};
