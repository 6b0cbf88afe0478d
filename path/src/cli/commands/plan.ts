import type { Preview } from '../actions.ts';
import type { Command } from '../command.ts';
import { billLines } from '../render/bill-lines.ts';
import { clean, type Look, shortDigest, styled, table } from '../render/look.ts';
import { planCount, planLines } from '../render/plan-lines.ts';

/** The exit code that says: there is something to do. 1 and 2 are failures. */
const somethingToDo = 3;

/** As `up` would end. */
const refused = 2;

/** `ptp plan`. */
export const plan: Command = {
  name: 'plan',
  summary: 'what `up` would do, field by field; changes nothing',
  usage: 'plan [--exit-code]',
  description:
    'Builds the images on this machine, publishes none of them, and lets the cluster say what would change by dry runs. Values of Secrets are not shown.',
  options: {
    'exit-code': {
      type: 'boolean',
      description: `end with ${somethingToDo} where there is something to do, with 0 where there is not, with ${refused} where \`up\` would refuse these sources`,
    },
  },
  words: 0,
  async run({ load, actions, session, output, flags }) {
    const preview = await actions.plan(await load(), session);
    output.result({ kind: 'plan', ...preview }, previewText(preview, output.look));
    if (!flags.has('exit-code')) return 0;
    if (preview.refused !== undefined) return refused;
    return preview.nothing ? 0 : somethingToDo;
  },
};

/** A preview for people. */
export function previewText(preview: Preview, look: Look): string {
  const { bill, cluster, serving, images, changes, migrations, nothing, refused } = preview;
  const rows = table(
    images.map(({ name, digest, isNew }) => [name, shortDigest(digest), isNew ? 'new' : 'runs already']),
  );
  const now = serving === undefined ? 'nothing was released yet' : `release ${serving} serves`;
  return [
    '',
    ...(bill === undefined ? [] : [...billLines(bill, look), '']),
    ...rows.map((row) => `  ${row}`),
    '',
    ...(cluster === 'running'
      ? [
          ...planLines(changes, migrations, look),
          nothing
            ? `${styled(look, 'green', '●')} ${now}; nothing to change`
            : serving === undefined
              ? `${now}: \`ptp up\` makes all of it`
              : `${now}; ${planCount(changes, migrations)}`,
        ]
      : [
          cluster === 'absent'
            ? 'There is no cluster yet: `ptp up` makes it, and all that runs in it.'
            : 'The cluster is stopped: `ptp up` starts it; what would change in it cannot be seen before.',
        ]),
    ...(refused === undefined
      ? []
      : [`${styled(look, 'red', '✘')} \`ptp up\` refuses this: ${clean(refused.what)}`]),
    '',
  ].join('\n');
}
