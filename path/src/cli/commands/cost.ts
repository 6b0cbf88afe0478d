import type { CostReport, Resources } from '../../core/cost.ts';
import type { Command } from '../command.ts';
import { type Look, styled, table } from '../render/look.ts';

/** `ptp cost`. */
export const cost: Command = {
  name: 'cost',
  summary: 'what each part costs a month here, what of it is idle, what would cost less',
  usage: 'cost',
  options: {},
  words: 0,
  async run({ load, actions, session, output }) {
    const found = await actions.cost(await load(), session);
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
    ...savings.flatMap(({ name, what, plan, month: saved, risk }) => [
      `  ${styled(look, 'green', name)}${saved === undefined ? '' : `: ${money(saved)} a month`}`,
      `    ${what}`,
      ...(plan === undefined ? [] : [`    ${styled(look, 'cyan', plan)}`]),
      `    ${styled(look, 'dim', `risk: ${risk}`)}`,
    ]),
    '',
    ...notes.map((note) => styled(look, 'dim', note)),
    '',
  ].join('\n');
}

function resourcesText({ cpu, memory }: Resources): string {
  return `${cpu.toFixed(2)} cpu ${Math.round(memory / 2 ** 20)} MiB`;
}
