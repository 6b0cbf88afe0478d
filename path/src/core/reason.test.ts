import { expect, test } from 'vitest';
import { pathParts } from './field-path.ts';
import { type Reasons, reasonsFor } from './reason.ts';

const all: readonly Reasons[] = [
  {
    file: 'a.ts',
    reasons: [
      { kind: 'Deployment', path: '.spec', rule: 'whole' },
      { kind: 'Deployment', path: '.spec.containers[*].resources.requests.cpu', rule: 'cpu' },
      { kind: 'Deployment', path: '.spec.containers[*].resources.limits', rule: 'limits' },
      { kind: 'Service', path: '.spec', rule: 'service' },
    ],
  },
];

const rules = (kind: string, path: string) =>
  reasonsFor(all, { kind }, pathParts(path) ?? []).map(({ rule }) => rule);

test('the longest path that begins a field is the one that counts', () => {
  expect(rules('Deployment', '.spec.replicas')).toEqual(['whole']);
  expect(rules('Deployment', '.spec.containers[0].resources.limits.memory')).toEqual(['limits']);
  expect(rules('Deployment', 'spec.containers[name=web].resources.requests.cpu')).toEqual(['cpu']);
});

test('a field whose parts have reasons of their own has all of these', () => {
  expect(rules('Deployment', '.spec.containers[0].resources')).toEqual(['cpu', 'limits']);
});

test('other kinds and unknown fields have none', () => {
  expect(rules('Deployment', '.metadata.name')).toEqual([]);
  expect(rules('Pod', '.spec')).toEqual([]);
});
