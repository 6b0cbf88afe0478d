import { expect, test } from 'vitest';
import type { Project } from '../../project/project.ts';
import { globalName, guidOf } from './names.ts';

const project = (name: string, domain: string) =>
  ({ name, target: { name: 'azure', domain } }) as unknown as Project;

test('a global name is the same each time, and another for another domain', () => {
  const shop = project('shop', 'shop.example.com');
  expect(globalName(shop, [], 50, '')).toBe('shopazure9fd9459f');
  expect(globalName(shop, ['database'], 63, '-')).toBe('shop-azure-database-056b7997');
  expect(globalName(project('shop', 'shop.example.org'), [], 50, '')).not.toBe('shopazure9fd9459f');
});

test.each([
  ['', /^[a-z\d]{5,50}$/, 50],
  ['-', /^[a-z\d][a-z\d-]{1,61}[a-z\d]$/, 63],
] as const)('the longest names keep to what the services take (%o)', (between, pattern, most) => {
  const long = project(`${'ab-'.repeat(12)}c`, 'a.example.com');
  const name = globalName(long, ['a-service-that-has-a-name-of-many-words-too'], most, between);
  expect(name).toMatch(pattern);
  expect(name.length).toBeLessThanOrEqual(most);
});

test('a GUID follows from its words, whatever their case is', () => {
  const one = guidOf(['/subscriptions/A', 'b']);
  expect(one).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/);
  expect(guidOf(['/SUBSCRIPTIONS/a', 'B'])).toBe(one);
  expect(guidOf(['/subscriptions/A', 'c'])).not.toBe(one);
  expect(guidOf(['/subscriptions/Ab', ''])).not.toBe(guidOf(['/subscriptions/A', 'b']));
});
