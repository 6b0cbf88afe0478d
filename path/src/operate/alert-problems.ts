import type { Problem } from '../core/failure.ts';
import type { FiringAlert, SystemHealth } from '../core/health.ts';
import { type MonitoredPlace, monitoring, monitoringNamespace } from '../core/monitoring.ts';

/**
 * What users notice, as problems: causes where any is known, else that the public route does not answer. Budgets that
 * burn are about the last hours and not about now: they are told of and make nothing wrong. An alert that is over, as
 * the cluster itself says, is about to end and none.
 * @param below what is known of the cluster's own parts already
 */
export function alertProblems(
  health: SystemHealth,
  below: readonly Problem[],
  target: MonitoredPlace,
): readonly Problem[] {
  if (health.monitoring === 'silent') {
    const namespace = monitoringNamespace(target);
    const told = below.some(({ where }) => where?.object?.startsWith(`${namespace}/`) === true);
    return told ? [] : [silent(namespace)];
  }
  const now = ({ severity, name, over }: FiringAlert) =>
    severity === 'page' && !name.includes('Budget') && over === undefined;
  const pages = health.alerts.filter(now);
  const causes = pages.filter(({ kind }) => kind === 'cause');
  return (causes.length > 0 ? causes : pages).map(({ name, since, summary, runbook }) => ({
    what: `${name}: ${summary}, since ${since.slice(0, 19).replace('T', ' ')}Z`,
    next: `${runbook} says what to do.`,
  }));
}

const silent = (namespace: string): Problem => ({
  what: 'the monitoring does not answer: nobody would be told if something broke',
  where: { object: `${namespace}/deployment/${monitoring.name}` },
  next: 'Run `ptp up`: it mends the monitoring. Right after a start it takes some seconds by itself.',
});
