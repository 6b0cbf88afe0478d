import type { CostReport, Resources } from '../../../path/src/core/cost.ts';
import { size } from '../words.ts';
import { Scroll } from './scroll.tsx';

/** What each part costs a month, and what would cost less. */
export function Cost({ cost }: { readonly cost: CostReport }) {
  const { basis, priced, currency, rows, nodes, month, idle, savings, notes } = cost;
  const money = (amount: number) => `${amount.toFixed(2)} ${currency}`;
  const most = Math.max(...rows.map((row) => row.month ?? row.requested.memory), 1e-9);
  return (
    <>
      <p className="quiet">
        {basis}
        {priced === undefined ? '' : ` As of ${priced}.`}
      </p>
      <Scroll label="Table of costs">
        <table>
          <thead>
            <tr>
              <th scope="col">Part</th>
              <th scope="col">Asks for</th>
              <th scope="col">Uses</th>
              {month !== undefined && (
                <th scope="col" className="number">
                  A month
                </th>
              )}
              <th scope="col">
                <span className="hidden">Share</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, kind, requested, used, month: each }) => (
              <tr key={name} className={kind}>
                <th scope="row">{name}</th>
                <td className="amount">{kind === 'bill' ? '' : words(requested)}</td>
                <td className="amount">{kind === 'bill' ? '' : used === undefined ? '–' : words(used)}</td>
                {month !== undefined && <td className="number">{each === undefined ? '–' : money(each)}</td>}
                <td className="share">
                  <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                    <rect width={((each ?? requested.memory) / most) * 100} height="8" rx="1.5" />
                  </svg>
                </td>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">{nodes.count === 1 ? 'one node' : `${nodes.count} nodes`}</th>
              <td className="amount">{words(nodes.capacity)}</td>
              <td className="amount">{words(nodes.used)}</td>
              {month !== undefined && <td className="number">{money(month)}</td>}
              <td>{idle === undefined ? '' : `${Math.round(idle * 100)} % idle`}</td>
            </tr>
          </tfoot>
        </table>
      </Scroll>
      {savings.length > 0 && <h3>What would cost less</h3>}
      <ul className="savings">
        {savings.map(({ name, what, plan, command, month: saved, risk }) => (
          <li key={name}>
            <p>
              <strong>{name}</strong>{' '}
              {saved !== undefined && <span className="pill good">{money(saved)} a month</span>}
            </p>
            <p>{what}</p>
            {plan !== undefined && <code>{plan}</code>}
            {command !== undefined && (
              <p className="small">
                <code>{command}</code>
              </p>
            )}
            <p className="quiet small">Risk: {risk}</p>
          </li>
        ))}
      </ul>
      {notes.map((note) => (
        <p key={note} className="quiet small">
          {note}
        </p>
      ))}
    </>
  );
}

function words({ cpu, memory }: Resources): string {
  // Where there is little room it breaks between the two.
  return `${cpu.toFixed(2)}\u00A0cpu, ${size(memory).replace(' ', '\u00A0')}`;
}
