import { describe, expect, test } from 'vitest';
import type { Price } from '../price.ts';
import { prices } from './prices.ts';
import { googleProject } from './project.test-support.ts';
import { stackOf } from './stack.ts';

const ids = (...given: Parameters<typeof googleProject>) =>
  stackOf(googleProject(...given)).resources.map(({ id }) => id);

test('ids are unique, needs are in the list, and the registry needs no cluster', () => {
  const { resources, registry } = stackOf(googleProject());
  const all = resources.map(({ id }) => id);
  expect(new Set(all).size).toBe(all.length);
  for (const { needs } of resources) for (const { id } of needs) expect(all).toContain(id);
  for (const id of registry) expect(all).toContain(id);
  expect(registry).not.toContain('cluster');
});

test('what is not asked for is not made', () => {
  expect(ids()).toEqual(
    expect.arrayContaining(['peering', 'database-db', 'database-name-db', 'workload-identity']),
  );
  expect(ids({ databases: 'cluster' }).filter((id) => /database|peering|range/.test(id))).toEqual([]);
  const { acme: _none, ...cloud } = googleProject().target.cloud ?? { kind: 'gke' };
  const own = { ...googleProject().target, cloud } as ReturnType<typeof googleProject>['target'];
  expect(ids({}, { target: own }).filter((id) => /dns|workload|zone-right/.test(id))).toEqual([]);
});

test('nothing that is shown needs credentials or holds a secret', () => {
  const shown = JSON.stringify(stackOf(googleProject()).resources.map(({ desired }) => desired));
  expect(shown).toContain('{project}');
  expect(shown).not.toMatch(/password/i);
});

describe('a price', () => {
  const total = (costs: readonly Price[]) =>
    costs.reduce(
      (all, { item, quantity }) => all + (prices.items[item]?.monthly ?? Number.NaN) * quantity,
      0,
    );

  test('is known for every item, and the smallest footprint is near what the page on this cloud says', () => {
    const { resources, indirect } = stackOf(googleProject());
    const whole = [...resources, ...indirect].reduce((all, { costs = [] }) => all + total(costs), 0);
    expect(whole).toBeGreaterThan(115);
    expect(whole).toBeLessThan(135);
  });

  test('of a larger database is more', () => {
    const database = (databaseClass: string) =>
      total(
        stackOf(googleProject({ databaseClass })).resources.find(({ id }) => id === 'database-db')?.costs ??
          [],
      );
    expect(database('db-custom-2-7680')).toBeGreaterThan(database('db-custom-1-3840'));
    expect(database('db-custom-1-3840')).toBeGreaterThan(database('db-f1-micro'));
  });
});
