import type { ErrorBudget, FiringAlert, SystemHealth } from '../../core/health.ts';
import type { SystemStatus } from '../actions.ts';
import { type Look, styled } from './look.ts';

/** What the monitoring says, in a few lines: well or not and since when, what changed before, what is left, what has time. */
export function healthLines(
  health: SystemHealth,
  release: SystemStatus['release'],
  look: Look,
): readonly string[] {
  if (health.monitoring === 'silent') return [`${styled(look, 'red', '●')} nobody watches over it`];
  const since = health.since === undefined ? '' : ` since ${minute(health.since)}`;
  const mark = health.healthy ? styled(look, 'green', '●') : styled(look, 'red', '●');
  return [
    `${mark} ${health.healthy ? 'healthy' : 'not healthy'}${since}${health.healthy ? '' : changedBefore(health, release)}`,
    ...health.budgets.map((budget) => `  ${budgetText(budget)}`),
    // The others are among the problems.
    ...health.alerts
      .filter(
        ({ name, severity, over }) => severity === 'ticket' || name.includes('Budget') || over !== undefined,
      )
      .map((alert) => `${styled(look, 'yellow', '!')} ${alertText(alert)}`),
  ];
}

function alertText({ name, summary, runbook, since, over }: FiringAlert): string {
  if (over !== undefined) return `${name} is over: ${over}; the alert ends by itself within a minute`;
  return `${name}: ${summary}, since ${minute(since)} (${runbook})`;
}

/** The release that came last before it began, and how long before. */
function changedBefore({ since }: SystemHealth, release: SystemStatus['release']): string {
  if (since === undefined || release === undefined) return '';
  const minutes = Math.round((Date.parse(since) - Date.parse(release.begun)) / 60_000);
  if (minutes < 0) return `; release ${release.number} came after that`;
  return `; what changed last was release ${release.number}, ${duration(minutes)} before`;
}

/** `availability 99.5% in 30 days: 98.2% of the error budget left` */
function budgetText({ slo, objective, within, window, left }: ErrorBudget): string {
  const promised = `${percent(objective)} in ${window} days`;
  const what = slo === 'availability' ? `answered: ${promised}` : `within ${within} ms: ${promised}`;
  const rest =
    left === undefined
      ? 'nothing measured yet'
      : left < 0
        ? `spent ${percent(-left)} over`
        : `${percent(left)} left`;
  return `${what}; error budget: ${rest}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`;
}

function duration(minutes: number): string {
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2880 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} days`;
}

function minute(moment: string): string {
  return `${moment.slice(0, 16).replace('T', ' ')}Z`;
}
