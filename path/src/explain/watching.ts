import type { Fact } from '../core/answer.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { fact, moment } from './fact.ts';

/** What is promised, how much of what may go wrong is left, and since when all is well. Pure. */
export function promiseFacts({ watching }: Snapshot): readonly Fact[] {
  if (watching === undefined) return [];
  const { monitoring, healthy, since, budgets } = watching.health;
  if (monitoring === 'silent') return [fact('monitoring', 'does not answer', 'ptp status', false)];
  return [
    fact(
      'healthy',
      `${healthy ? 'yes' : 'no'}${since === undefined ? '' : `, since ${moment(since)}`}`,
      'ptp status',
      healthy,
    ),
    ...budgets.map(({ slo, objective, within, window, left }) =>
      fact(
        `${slo}: ${(objective * 100).toFixed(2).replace(/\.?0+$/, '')} %${within === undefined ? '' : ` within ${within} ms`} over ${window} days`,
        left === undefined
          ? 'nothing was measured yet'
          : `${Math.round(left * 100)} % of what may go wrong is left`,
        'ptp status',
        left === undefined || left > 0,
      ),
    ),
  ];
}

/** Which alerts there are, and which fire. Pure. */
export function alertFacts({ watching }: Snapshot): readonly Fact[] {
  if (watching === undefined) return [];
  const { health, rules } = watching;
  const pages = rules.filter(({ severity }) => severity === 'page').map(({ name }) => name);
  const tickets = rules.filter(({ severity }) => severity === 'ticket').map(({ name }) => name);
  const names = (all: readonly string[]) => [...new Set(all)].join(', ');
  return [
    fact('alerts that get somebody up', names(pages), 'ptp explain alerts --json'),
    fact('alerts that have time until the morning', names(tickets), 'ptp explain alerts --json'),
    fact(
      'alerts that fire now',
      health.alerts.length === 0
        ? 'none'
        : health.alerts
            .map(({ name, since, runbook }) => `${name} since ${moment(since)} (${runbook})`)
            .join('; '),
      'ptp status',
      health.alerts.length === 0,
    ),
  ];
}
