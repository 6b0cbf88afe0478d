import { expect, test } from 'vitest';
import { live } from './fixture.ts';
import { readiness } from './readiness.ts';

const rolledOut = { observedGeneration: 1, replicas: 2, updatedReplicas: 2, readyReplicas: 2 };

test.each([
  ['all pods new and ready', 'ready', rolledOut],
  ['old pods that serve beside new ones', 'waiting', { ...rolledOut, replicas: 4, readyReplicas: 4 }],
  ['a status of an earlier generation', 'waiting', { ...rolledOut, observedGeneration: 0 }],
  ['a pod that is not new yet', 'waiting', { ...rolledOut, updatedReplicas: 1 }],
  ['an old pod beside the new ones', 'waiting', { ...rolledOut, replicas: 3 }],
  ['a pod that is not ready', 'waiting', { ...rolledOut, readyReplicas: 1 }],
  ['no status', 'waiting', {}],
  [
    'a rollout that stands still',
    'failed',
    {
      ...rolledOut,
      conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }],
    },
  ],
])('a Deployment with %s is %s', (_, state, status) => {
  expect(readiness(live('Deployment', { replicas: 2 }, status)).state).toBe(state);
});

test('a rollout that stands still is waited for where that is asked: it may be the version before', () => {
  const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }];
  const still = live('Deployment', { replicas: 2 }, { ...rolledOut, replicas: 4, conditions });
  expect(readiness(still).state).toBe('failed');
  expect(readiness(still, { patient: true }).state).toBe('waiting');
});

test.each([
  [
    'available',
    'ready',
    {
      observedGeneration: 1,
      availableReplicas: 1,
      updatedReplicas: 1,
      updateRevision: 'a',
      currentRevision: 'a',
    },
  ],
  [
    'rolling',
    'waiting',
    {
      observedGeneration: 1,
      availableReplicas: 1,
      updatedReplicas: 0,
      updateRevision: 'b',
      currentRevision: 'a',
    },
  ],
  ['not available', 'waiting', { observedGeneration: 1, updateRevision: 'a', currentRevision: 'a' }],
])('a StatefulSet that is %s is %s', (_, state, status) => {
  expect(readiness(live('StatefulSet', { replicas: 1 }, status)).state).toBe(state);
});

test.each([
  ['Complete', 'ready'],
  ['Failed', 'failed'],
  ['Suspended', 'waiting'],
])('a Job whose condition is %s is %s', (type, state) => {
  expect(readiness(live('Job', {}, { conditions: [{ type, status: 'True' }] })).state).toBe(state);
});

test.each([
  ['Certificate', 'Ready'],
  ['Gateway', 'Programmed'],
  ['GatewayClass', 'Accepted'],
])('a %s is ready by its condition %s, for its present generation only', (kind, type) => {
  const conditions = (status: string, observedGeneration: number) => ({
    conditions: [{ type, status, observedGeneration, message: 'why' }],
  });
  expect(readiness(live(kind, {}, conditions('True', 2), 2)).state).toBe('ready');
  expect(readiness(live(kind, {}, conditions('True', 1), 2)).state).toBe('waiting');
  expect(readiness(live(kind, {}, conditions('False', 2), 2))).toMatchObject({
    state: 'waiting',
    text: expect.stringContaining('why'),
  });
  expect(readiness(live(kind, {}, {})).state).toBe('waiting');
});

test('a route is ready once every parent has accepted it and found its backends', () => {
  const parent = (accepted: string, resolved: string) => ({
    conditions: [
      { type: 'Accepted', status: accepted },
      { type: 'ResolvedRefs', status: resolved, reason: 'BackendNotFound' },
    ],
  });
  const route = (...parents: object[]) => readiness(live('HTTPRoute', {}, { parents }));
  expect(route().state).toBe('waiting');
  expect(route(parent('True', 'True')).state).toBe('ready');
  expect(route(parent('True', 'True'), parent('False', 'True')).state).toBe('waiting');
  expect(route(parent('True', 'False')).text).toContain('BackendNotFound');
});

test('a kind without anything to wait for is ready', () => {
  expect(readiness(live('ConfigMap', {}, {})).state).toBe('ready');
});
