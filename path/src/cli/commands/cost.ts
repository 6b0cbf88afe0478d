import type { CostReport, Resources } from '../../core/cost.ts';
import { UserMistake } from '../../core/failure.ts';
import type { Command } from '../command.ts';
import { type Look, styled, table } from '../render/look.ts';

/** `ptp cost`. */
export const cost: Command = {
  name: 'cost',
  summary: 'what each part costs a month here, what of it is idle, what would cost less',
  usage: 'cost [--apply [saving]] [--yes]',
  description:
    'With --apply the saving that is named, or the one that saves most, becomes an ordinary release: ptp.yaml is edited, the lines and the plan are shown, you are asked, and it goes out as `ptp up` does it. `ptp rollback` takes it back.',
  options: {
    apply: { type: 'boolean', description: 'make a release of a saving that ptp.yaml decides' },
    yes: { type: 'boolean', short: 'y', description: 'without asking' },
  },
  words: 1,
  async run(invocation) {
    const { load, actions, session, output, flags, words } = invocation;
    const [word] = words;
    if (word !== undefined && !flags.has('apply'))
      throw new UserMistake({
        what: `\`ptp cost\` takes no word like ${word}`,
        next: `Did you mean \`ptp cost --apply ${word}\`?`,
      });
    const found = await actions.cost(await load(), session);
    if (flags.has('apply')) {
      const { applySaving } = await import('./apply-saving.ts');
      return applySaving(invocation, found, word);
    }
    output.result({ kind: 'cost', ...found }, costText(found, output.look));
    return 0;
  },
};

function costText(report: CostReport, look: Look): string {
  const { basis, priced, rows, nodes, month, idle, savings, notes, currency } = report;
  const money = (amount: number | undefined) =>
    amount === undefined ? '' : `${amount.toFixed(2)} ${currency}`;
  const lines = table([
    ['', 'copies', 'asks for', 'uses', ...(month === undefined ? [] : ['a month'])],
    ...rows.map(({ name, kind, copies, requested, used, month: each }) => [
      name,
      kind === 'free' || kind === 'bill' ? '' : String(copies),
      kind === 'bill' ? '' : resourcesText(requested),
      used === undefined ? '' : resourcesText(used),
      money(each),
    ]),
    [
      `${nodes.count} ${nodes.count === 1 ? 'node' : 'nodes'}`,
      '',
      resourcesText(nodes.capacity),
      resourcesText(nodes.used),
      money(month),
    ],
  ]);
  return [
    `${basis}${priced === undefined ? '' : ` As of ${priced}.`}`,
    '',
    ...lines.map((line, index) => (index === 0 ? styled(look, 'dim', line) : line)),
    '',
    ...(idle === undefined ? [] : [`${(idle * 100).toFixed(0)} % of what is paid for is idle.`, '']),
    ...(savings.length === 0 ? ['Nothing would cost less.'] : [styled(look, 'bold', 'What would cost less')]),
    ...savings.flatMap(({ name, what, plan, command, month: saved, risk }) => [
      `  ${styled(look, 'green', name)}${saved === undefined ? '' : `: ${money(saved)} a month`}`,
      `    ${what}`,
      ...(plan === undefined ? [] : [`    ${styled(look, 'cyan', plan)}`]),
      `    ${styled(look, 'dim', `risk: ${risk}`)}`,
      ...(command === undefined ? [] : [`    ${command}`]),
    ]),
    '',
    ...notes.map((note) => styled(look, 'dim', note)),
    '',
  ].join('\n');
}

function resourcesText({ cpu, memory }: Resources): string {
  return `${cpu.toFixed(2)} cpu ${Math.round(memory / 2 ** 20)} MiB`;
}
