import { expect, test } from 'vitest';
import { isMarked, markOf, nameOf } from './names.ts';
import { googleProject } from './project.test-support.ts';

test('a name that is too long keeps its ending and stays different from others', () => {
  const one = nameOf(googleProject({}, { name: 'orders-and-payments-of-europe' }), 'nodes', 30);
  const other = nameOf(googleProject({}, { name: 'orders-and-payments-of-asia' }), 'nodes', 30);
  expect(one).toMatch(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/);
  expect(one.endsWith('-nodes')).toBe(true);
  expect(one).not.toBe(other);
  expect(nameOf(googleProject(), 'nodes', 30)).toBe('shop-gcp-nodes');
});

test('a description is ours only with both words whole', () => {
  const project = googleProject();
  expect(isMarked(markOf(project), project)).toBe(true);
  expect(isMarked('ptp-project=shop ptp-target=gcp2', project)).toBe(false);
  expect(isMarked('ptp-project=shopping ptp-target=gcp', project)).toBe(false);
  expect(isMarked(undefined, project)).toBe(false);
});
