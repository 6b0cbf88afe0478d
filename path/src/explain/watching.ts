import type { Fact } from '../core/answer.ts';
import type { Watching } from '../core/watching.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { fact, moment, showing } from './fact.ts';

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
    ...lastHourFacts(watching),
    ...budgets.map(({ slo, objective, within, window, left }) =>
      fact(
        `${slo}: ${(objective * 100).toFixed(2).replace(/\.?0+$/, '')} %${within === undefined ? '' : ` within ${within} ms`} over ${window} days`,
        left === undefined
          ? 'nothing was measured yet'
          : left > 0
            ? `${Math.round(left * 100)} % of what may go wrong is left`
            : `${Math.round((1 - left) * 100)} % of what may go wrong has gone wrong`,
        'ptp status',
        left === undefined || left > 0,
      ),
    ),
  ];
}

/** What users, and the probe, were answered over the last hour. Pure. */
function lastHourFacts({ lastHour }: Watching): readonly Fact[] {
  if (lastHour === undefined) return [];
  const { requests, kept } = lastHour;
  const share = (value: number) => `${(value * 100).toFixed(2)} %`;
  return [
    fact(
      'requests at the door over the last hour',
      `${requests.toFixed(2)} a second${kept.availability === undefined ? '' : `, ${share(kept.availability)} answered without an error`}${kept.latency === undefined ? '' : `, ${share(kept.latency)} in time`}`,
      showing('Promise', 'availability', '.lastHour'),
    ),
  ];
}

/** Which alerts there are, whether the monitoring has them and can look at them, and which fire. Pure. */
export function alertFacts({ watching }: Snapshot): readonly Fact[] {
  if (watching === undefined) return [];
  const { health, rules } = watching;
  const live = rules.filter((rule) => rule.live !== undefined);
  const broken = live.flatMap(({ name, live: { error } = {} }) =>
    error === undefined ? [] : `${name}: ${error}`,
  );
  const looked = live.flatMap(({ live: { evaluated } = {} }) => evaluated ?? []).toSorted()[0];
  const names = (severity: string) => {
    const all = rules.filter((rule) => rule.severity === severity).map(({ name }) => name);
    return [...new Set(all)].join(', ');
  };
  const [first] = rules;
  const one = showing('AlertRule', first?.name ?? '');
  return [
    fact('alerts that get somebody up', names('page'), one),
    fact('alerts that have time until the morning', names('ticket'), one),
    fact(
      'rules that the monitoring has, of those that follow from ptp.yaml',
      `${live.length} of ${rules.length}${looked === undefined ? '' : `, each looked at since ${moment(looked)}`}${broken.length === 0 ? '' : `; ${broken.join('; ')}`}`,
      one,
      live.length === rules.length && broken.length === 0,
    ),
    fact(
      'alerts that fire now',
      health.alerts.length === 0
        ? 'none'
        : health.alerts
            .map(({ name, since, runbook, over }) =>
              over === undefined
                ? `${name} since ${moment(since)} (${runbook})`
                : `${name}, which is over: ${over}`,
            )
            .join('; '),
      'ptp status',
      health.alerts.every(({ over }) => over !== undefined),
    ),
  ];
}
