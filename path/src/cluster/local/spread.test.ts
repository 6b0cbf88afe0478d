import { expect, test } from 'vitest';
import type { Pod } from '../../kubernetes/objects.ts';
import { misplaced } from './spread.ts';

const constraint = {
  maxSkew: 1,
  topologyKey: 'kubernetes.io/hostname',
  whenUnsatisfiable: 'ScheduleAnyway',
} as const;

/** Pods of one ReplicaSet, on the nodes named. */
const set = (name: string, nodes: readonly string[], spec: Partial<Pod['spec']> = {}): readonly Pod[] =>
  nodes.map((nodeName, index) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-${index}`,
      ownerReferences: [{ kind: 'ReplicaSet', name, uid: name }],
    },
    spec: { containers: [], nodeName, topologySpreadConstraints: [constraint], ...spec },
    status: { phase: 'Running' },
  }));
const three = ['node1', 'node2', 'node3'];
const count = (pods: readonly Pod[], nodes = three) => misplaced(pods, nodes).length;

test('of pods on one node, as many go as the others should have', () => {
  expect(count(set('web', ['node1', 'node1']))).toBe(1);
  expect(count(set('web', ['node1', 'node1', 'node1', 'node1', 'node1', 'node1']))).toBe(4);
});

test('what is spread stays, each set counted by itself', () => {
  expect(count(set('web', ['node1', 'node2']))).toBe(0);
  expect(count([...set('web', ['node1', 'node2']), ...set('api', ['node1', 'node2'])])).toBe(0);
  expect(count(set('web', ['node1', 'node1', 'node2', 'node3']))).toBe(0);
});

test('a node that takes no pods is no reason to move', () => {
  expect(count(set('web', ['node1', 'node1']), ['node1'])).toBe(0);
  expect(count(set('web', ['node3', 'node3']), ['node1', 'node2'])).toBe(0);
});

test('what may run on one node only, or asks for no spreading, or is about to go, stays', () => {
  const together = ['node1', 'node1', 'node1'];
  expect(count(set('dns', together, { nodeSelector: { 'kubernetes.io/hostname': 'node1' } }))).toBe(0);
  expect(count(set('job', together, { topologySpreadConstraints: [] }))).toBe(0);
  const leaving = set('web', together).map((pod) => ({
    ...pod,
    metadata: { ...pod.metadata, deletionTimestamp: '2026-11-23T12:00:00Z' },
  }));
  expect(count(leaving)).toBe(0);
});
