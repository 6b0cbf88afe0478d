import { expect, test } from 'vitest';
import type { Project } from '../../project/project.ts';
import { prices } from './prices.ts';
import { sizeFor } from './resources/database.ts';
import { stackOf } from './stack.ts';

const project = {
  name: 'shop',
  services: [{ name: 'database', type: 'postgres', version: 17, storage: '1Gi' }],
  target: {
    name: 'azure',
    domain: 'shop.example.com',
    cloud: {
      kind: 'aks',
      region: 'westeurope',
      access: [],
      databases: 'managed',
      acme: { server: 'https://a' },
    },
  },
} as unknown as Project;

test('every resource needs others of the list alone, and every price is in the table', () => {
  const { resources, indirect, registry } = stackOf(project);
  const ids = resources.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { needs } of resources) for (const need of needs) expect(ids).toContain(need.id);
  expect(ids).toEqual(expect.arrayContaining([...registry, 'cluster']));
  const costs = [
    ...resources.flatMap((resource) => resource.costs ?? []),
    ...indirect.flatMap((one) => one.costs),
  ];
  for (const { item } of costs) expect(Object.keys(prices.items)).toContain(item);
});

test('what people are shown has no secret in it', () => {
  expect(JSON.stringify(stackOf(project).resources.map(({ desired }) => desired))).not.toMatch(/password"/i);
});

test('a disk is at least as large as it is asked for', () => {
  expect(['1Gi', '32Gi', '33Gi', '1Ti', '20Ti'].map(sizeFor)).toEqual([32, 32, 64, 1024, 32767]);
});
