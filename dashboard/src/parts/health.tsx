import type { SystemHealth } from '../../../path/src/core/health.ts';
import { budgetLeft, moment } from '../words.ts';

/** What is promised, how much of what may go wrong is left, and what fires. */
export function Health({ health }: { readonly health: SystemHealth }) {
  const { monitoring, healthy, since, alerts, budgets } = health;
  if (monitoring === 'silent')
    return <p className="notice">The monitoring does not answer: nobody would be told.</p>;
  return (
    <>
      <p>
        <span className={`pill ${healthy ? 'good' : 'bad'}`}>{healthy ? 'healthy' : 'not healthy'}</span>{' '}
        {since !== undefined && <span className="quiet">since {moment(since)}</span>}
      </p>
      {alerts.map(({ name, severity, since: from, summary, runbook, over }) => (
        <p
          key={`${name} ${summary}`}
          className={`notice${severity === 'page' && over === undefined ? '' : ' mild'}`}
        >
          <strong>{name}</strong> since {moment(from)}: {summary} <code className="small">{runbook}</code>
          {over !== undefined && ` It is over: ${over}; the alert ends by itself within a minute.`}
        </p>
      ))}
      <dl className="facts">
        {budgets.map(({ slo, objective, within, window, left }) => (
          <div key={slo} className={left !== undefined && left <= 0 ? 'wrong' : ''}>
            <dt>
              {slo}: {Number((objective * 100).toFixed(2))} %
              {within === undefined ? '' : ` within ${within} ms`} over {window} days
            </dt>
            <dd>
              <span className="is">{left === undefined ? 'nothing was measured yet' : budgetLeft(left)}</span>
              {left !== undefined && (
                <svg className="budget" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                  <rect className="all" width="100" height="6" rx="2" />
                  <rect width={Math.max(0, Math.min(1, left)) * 100} height="6" rx="2" />
                </svg>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}
