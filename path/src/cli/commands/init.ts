import { writeFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { UserMistake } from '../../core/failure.ts';
import type { Command } from '../command.ts';
import { table } from '../render/look.ts';

/** `ptp init`: never over a file that is there. */
export const init: Command = {
  name: 'init',
  summary: 'look at a system and write its ptp.yaml',
  usage: 'init',
  options: {
    name: { type: 'string', value: 'name', description: "the system's name (default: the folder's)" },
  },
  words: 0,
  async run({ actions, output, values, file }) {
    const { firstProjectFile, nameFrom } = await import('../init-file.ts');
    const folder = dirname(resolve(file));
    const components = await actions.detect(folder);
    if (components.length === 0) {
      throw new UserMistake({
        what: `no component was found below ${folder}`,
        next: 'A component has a package.json: with a start script that calls `node` (a server), or with a build script beside an index.html (a page).',
      });
    }
    const name = nameFrom(values.get('name') ?? basename(folder));
    try {
      await writeFile(file, firstProjectFile(name, components), { flag: 'wx' });
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      const next = 'Change it by hand, or name another with --file.';
      if (code === 'EEXIST')
        throw new UserMistake({ what: `${file} is there already`, where: { file }, next });
      throw error;
    }
    const found = table(components.map((component) => [component.name, component.builder, component.why]));
    const text = [
      `Wrote ${file}:`,
      ...found.map((line) => `  ${line}`),
      // What the path asks of an application, and most do not do by themselves.
      ...(components.some(({ builder }) => builder === 'node')
        ? ['A server listens on $PORT, and answers /livez and /readyz on $MANAGEMENT_PORT.']
        : []),
      'Look at it, then: ptp up',
      '',
    ].join('\n');
    output.result({ kind: 'init', file, name, components }, text);
    return 0;
  },
};
