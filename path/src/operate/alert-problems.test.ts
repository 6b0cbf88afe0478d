import { expect, test } from 'vitest';
import type { FiringAlert, SystemHealth } from '../core/health.ts';
import { alertProblems } from './alert-problems.ts';

const alert = (name: string, rest: Partial<FiringAlert> = {}): FiringAlert => ({
  name,
  severity: 'page',
  kind: 'cause',
  since: '2026-01-01T10:00:00.000Z',
  summary: 'it is so',
  runbook: 'docs/runbooks/x.md',
  ...rest,
});
const health = (...alerts: readonly FiringAlert[]): SystemHealth => ({
  monitoring: 'running',
  healthy: false,
  alerts,
  budgets: [],
});

const target = { cluster: 'local', namespace: 'hello' };

test('a cause is a problem, and what follows from it is none beside it', () => {
  const firing = health(
    alert('ComponentDown', { part: 'backend' }),
    alert('PublicRouteDown', { kind: 'symptom' }),
  );
  expect(alertProblems(firing, [], target)).toEqual([
    {
      what: 'ComponentDown: it is so, since 2026-01-01 10:00:00Z',
      next: 'docs/runbooks/x.md says what to do.',
    },
  ]);
});

test('an alert that is over is none; without a cause the symptom is', () => {
  const firing = health(
    alert('ComponentDown', { part: 'backend', over: '1 of 2 copies of backend are ready' }),
    alert('PublicRouteDown', { kind: 'symptom' }),
  );
  expect(alertProblems(firing, [], target).map(({ what }) => what.split(':')[0])).toEqual([
    'PublicRouteDown',
  ]);
});

test('budgets and tickets make nothing wrong', () => {
  const firing = health(
    alert('LatencyBudgetBurnsFast', { kind: 'symptom' }),
    alert('FiguresMissing', { severity: 'ticket' }),
  );
  expect(alertProblems(firing, [], target)).toEqual([]);
});

test('a silent monitoring is a problem, once', () => {
  const silent: SystemHealth = { ...health(), monitoring: 'silent' };
  expect(alertProblems(silent, [], target)).toHaveLength(1);
  const told = { what: 'it does not work', where: { object: 'ptp-monitoring/deployment/monitoring' } };
  expect(alertProblems(silent, [told], target)).toEqual([]);
});

test('a silent monitoring of a system on somebody else’s cluster is beside that system', () => {
  const silent: SystemHealth = { ...health(), monitoring: 'silent' };
  const guest = { cluster: 'kubeconfig', namespace: 'hello' };
  expect(alertProblems(silent, [], guest)[0]?.where).toEqual({
    object: 'hello-monitoring/deployment/monitoring',
  });
});
