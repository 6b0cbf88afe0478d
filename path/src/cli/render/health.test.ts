import { expect, test } from 'vitest';
import type { SystemHealth } from '../../core/health.ts';
import { healthLines } from './health.ts';

const look = { color: false, columns: 80 };
const well: SystemHealth = {
  monitoring: 'running',
  healthy: true,
  since: '2026-01-01T10:00:00.000Z',
  alerts: [],
  budgets: [
    { slo: 'availability', objective: 0.999, window: 30, left: 0.9871 },
    { slo: 'latency', objective: 0.99, within: 300, window: 30, left: -0.5 },
  ],
};
const release = { number: 7, begun: '2026-01-01T09:56:00.000Z', by: 'ann@desk' };

test('a healthy system in three lines', () => {
  expect(healthLines(well, release, look)).toEqual([
    '● healthy since 2026-01-01 10:00Z',
    '  answered: 99.9% in 30 days; error budget: 98.71% left',
    '  within 300 ms: 99% in 30 days; error budget: spent 50% over',
  ]);
});

test('one that is not says what changed last before', () => {
  const [first] = healthLines({ ...well, healthy: false }, release, look);
  expect(first).toBe('● not healthy since 2026-01-01 10:00Z; what changed last was release 7, 4 min before');
});

test('a ticket and a burning budget are told with their runbook, other pages are among the problems', () => {
  const alert = {
    kind: 'cause',
    since: '2026-01-01T10:00:00.000Z',
    summary: 'it is so',
    runbook: 'r.md',
  } as const;
  const alerts = [
    { ...alert, name: 'ComponentDown', severity: 'page' },
    { ...alert, name: 'AvailabilityBudgetBurnsFast', severity: 'page' },
    { ...alert, name: 'FiguresMissing', severity: 'ticket' },
  ] as const;
  expect(healthLines({ ...well, alerts, budgets: [] }, release, look).slice(1)).toEqual([
    '! AvailabilityBudgetBurnsFast: it is so, since 2026-01-01 10:00Z (r.md)',
    '! FiguresMissing: it is so, since 2026-01-01 10:00Z (r.md)',
  ]);
});

test('an alert that is over says by what, and that it ends by itself', () => {
  const alert = {
    name: 'NodeNotReady',
    severity: 'page',
    kind: 'cause',
    since: '2026-01-01T10:00:00.000Z',
    summary: 'the node node2 does not answer',
    runbook: 'r.md',
    over: 'node2 is ready',
  } as const;
  expect(healthLines({ ...well, alerts: [alert], budgets: [] }, release, look).slice(1)).toEqual([
    '! NodeNotReady is over: node2 is ready; the alert ends by itself within a minute',
  ]);
});

test('a monitoring that is silent', () => {
  expect(healthLines({ ...well, monitoring: 'silent' }, release, look)).toEqual(['● nobody watches over it']);
});
