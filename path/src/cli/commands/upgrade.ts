import type { Upgrades } from '../../core/upgrade.ts';
import type { Command } from '../command.ts';
import { clean, type Look, styled, table } from '../render/look.ts';

const titles = {
  base: 'Debian packages that images stand on',
  postgres: "the database's server and its client",
  npm: 'what components depend on',
  ptp: 'what comes with ptp',
} as const;

/** `ptp upgrade`: what is newer and why it matters; with `--apply` one release for each. */
export const upgrade: Command = {
  name: 'upgrade',
  summary: 'what is newer and why it matters; with --apply a release for each',
  usage: 'upgrade [--apply]',
  description:
    'Looks for newer Debian packages, a newer minor version of the database, and patch versions of what components depend on; and, for the tool itself, of the local cluster’s programs and Node.js. With --apply each that is in the project’s sources becomes a release of its own, tested, measured and taken back as every release is.',
  options: {
    apply: { type: 'boolean', description: 'take it into the sources, and release it' },
  },
  words: 0,
  async run({ load, actions, session, output, flags }) {
    const project = await load();
    if (flags.has('apply')) {
      const upgraded = await actions.upgrade(project, session);
      const lines = upgraded.map(
        ({ kind, release, rolled }) =>
          `${styled(output.look, 'green', '●')} release ${release}: ${titles[kind]}${rolled.length === 0 ? '' : ` (${rolled.join(', ')} replaced)`}\n`,
      );
      output.result(
        { kind: 'upgraded', upgraded },
        lines.length === 0
          ? 'Nothing that is in the project’s sources is newer.\n'
          : `${lines.join('')}Commit what has changed in the sources${upgraded.some(({ kind }) => kind === 'npm') ? '; `npm install` brings node_modules up to them' : ''}.\n`,
      );
      return 0;
    }
    const found = await actions.upgrades(project, session);
    output.result({ kind: 'upgrades', ...found }, upgradesText(found, output.look));
    return 0;
  },
};

function upgradesText({ upgrades, unasked }: Upgrades, look: Look): string {
  const parts = upgrades.map(({ kind, applies, changes }) => {
    const rows = changes.map(({ name, from = 'new', to = 'goes', why }) => [name, `${from} → ${to}`, why]);
    return [
      styled(look, 'bold', titles[kind]),
      ...table(rows).map((line) => `  ${clean(line)}`),
      ...(applies ? [] : ['  A newer ptp brings these, and `ptp up` makes a release of it.']),
      '',
    ].join('\n');
  });
  return [
    ...(upgrades.length === 0
      ? [unasked.length === 0 ? 'Nothing is newer.\n' : 'Nothing that is known is newer.\n']
      : parts),
    ...unasked.map(({ what, why }) => `Not known: ${clean(what)} (${clean(why)}).\n`),
    ...(upgrades.some(({ applies }) => applies) ? ['`ptp upgrade --apply` makes a release of each.\n'] : []),
  ].join('\n');
}
