import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import type { Project } from '../project/project.ts';
import { rulesOf } from './plan.ts';
import { runbookOf } from './rule.ts';
import { budgetOf, burnRate } from './slo-rules.ts';

const project = {
  name: 'hello',
  target: { namespace: 'hello' },
  components: [{ name: 'backend' }],
  services: [{ name: 'database' }],
} as unknown as Project;
const root = join(import.meta.dirname, '../../..');

test('every alert has a runbook, and every runbook an alert', () => {
  const cloud = { kind: 'aks', region: 'westeurope', access: [], databases: 'cluster' } as const;
  const all = [project, { ...project, target: { ...project.target, cloud } }].flatMap(rulesOf);
  const alerts = all.flatMap(({ rules }) => rules.flatMap((rule) => ('alert' in rule ? [rule] : [])));
  const pages = alerts.map(({ annotations }) => annotations.runbook);
  expect(pages.filter((page) => !existsSync(join(root, page)))).toEqual([]);
  expect(readdirSync(join(root, 'docs/runbooks')).toSorted()).toEqual(
    [...new Set(pages.map((page) => basename(page)))].toSorted(),
  );
});

test('a runbook is called like its alert', () => {
  expect(runbookOf('AvailabilityBudgetBurnsFast')).toBe('docs/runbooks/availability-budget-burns-fast.md');
});

test('burn rates over 30 days are those of the workbook, and fewer days burn slower', () => {
  const slo = { availability: 0.999, latency: { within: 500, share: 0.99 }, window: 30 };
  expect(burnRate(slo, { long: '1h', share: 0.02 })).toBe(14.4);
  expect(burnRate(slo, { long: '6h', share: 0.05 })).toBe(6);
  expect(burnRate(slo, { long: '1d', share: 0.1 })).toBe(3);
  expect(burnRate(slo, { long: '3d', share: 0.1 })).toBe(1);
  expect(burnRate({ ...slo, window: 15 }, { long: '1h', share: 0.02 })).toBe(7.2);
  expect(budgetOf(slo, 'availability')).toBe(0.001);
});
