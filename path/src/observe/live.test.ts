import { expect, test } from 'vitest';
import type { Project } from '../project/project.ts';
import { type LiveRule, watchedRules } from './live.ts';

const part = (name: string) => ({ name });
const project = {
  name: 'shop',
  target: { namespace: 'shop' },
  components: [part('web')],
  services: [part('database')],
} as unknown as Project;

const rule = (name: string, over: Partial<LiveRule> = {}): LiveRule => ({
  name,
  query: 'up == 0',
  duration: 60,
  labels: { project: 'shop', severity: 'page' },
  state: 'inactive',
  health: 'ok',
  lastEvaluation: '2026-11-26T12:00:00Z',
  ...over,
});
const found = (...rules: readonly LiveRule[]) => watchedRules(project, { groups: [{ rules }] });
const of = (name: string, all: ReturnType<typeof found>) => all.find((one) => one.name === name);

test('each rule is told with how the monitoring has it; the heartbeat tells nobody', () => {
  const all = found(rule('DatabaseDown'));
  expect(of('DatabaseDown', all)?.live).toEqual({
    query: 'up == 0',
    for: 60,
    state: 'inactive',
    evaluated: '2026-11-26T12:00:00Z',
  });
  expect(of('Watchdog', all)).toBeUndefined();
});

test('one that the monitoring lacks, or that it has of another project, is not there', () => {
  const other = rule('DatabaseDown', { labels: { project: 'other', severity: 'page' } });
  expect(of('DatabaseDown', found(other))).not.toHaveProperty('live');
  expect(watchedRules(project, undefined).filter(({ live }) => live !== undefined)).toEqual([]);
});

test('one that cannot be looked at says why', () => {
  const broken = rule('DatabaseDown', { health: 'err', lastError: 'many-to-many matching' });
  expect(of('DatabaseDown', found(broken))?.live).toMatchObject({ error: 'many-to-many matching' });
});
