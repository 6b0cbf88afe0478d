import { expect, test } from 'vitest';
import { podWith } from './fixture.ts';
import type { Pod } from './objects.ts';
import { podTrouble } from './pod-trouble.ts';

test.each(['ErrImagePull', 'ImagePullBackOff', 'CreateContainerConfigError', 'InvalidImageName'])(
  '%s is hopeless at once',
  (reason) => {
    expect(podTrouble(podWith({ waiting: { reason, message: 'm' } }))).toMatchObject({
      reason,
      text: 'm',
      container: 'app',
      hopeless: true,
    });
  },
);

test('a container that ends is given a second and a third start before it is hopeless', () => {
  const ended = (restarts: number) =>
    podTrouble(
      podWith({ waiting: { reason: 'CrashLoopBackOff' } }, restarts, {
        lastState: { terminated: { exitCode: 3, reason: 'Error' } },
      }),
    );
  expect(ended(1)).toMatchObject({ hopeless: false });
  expect(ended(2)).toMatchObject({ hopeless: true, text: expect.stringContaining('exit code 3') });
});

test('one that somebody kills again and again is waited for', () => {
  const killed = (reason: string) =>
    podTrouble(
      podWith({ waiting: { reason: 'CrashLoopBackOff' } }, 5, {
        lastState: { terminated: { exitCode: 137, reason } },
      }),
    );
  expect(killed('Error')).toMatchObject({ hopeless: false });
  expect(killed('OOMKilled')).toMatchObject({ hopeless: true });
});

test('one that served for a while before it ended is waited for', () => {
  const ran = (finishedAt: string) =>
    podTrouble(
      podWith({ waiting: { reason: 'CrashLoopBackOff' } }, 5, {
        lastState: {
          terminated: { exitCode: 255, reason: 'Error', startedAt: '2026-11-24T10:00:00Z', finishedAt },
        },
      }),
    );
  expect(ran('2026-11-24T10:00:02Z')).toMatchObject({ hopeless: true });
  expect(ran('2026-11-24T10:05:00Z')).toMatchObject({ hopeless: false });
});

test('one that has just ended is not hopeless, however often it was started in its life', () => {
  const trouble = podTrouble(podWith({ terminated: { exitCode: 255, reason: 'Unknown' } }, 7));
  expect(trouble).toMatchObject({ hopeless: false });
});

test('too little memory is said in words', () => {
  const trouble = podTrouble(podWith({ terminated: { exitCode: 137, reason: 'OOMKilled' } }));
  expect(trouble).toMatchObject({ reason: 'OOMKilled', text: expect.stringContaining('memory') });
});

test.each([
  ['0/1 nodes are available: 1 Insufficient memory.', true],
  ['0/1 nodes are available: 1 node(s) had untolerated taint(s).', false],
  ['0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.', false],
])('no node: %s', (message, hopeless) => {
  const pod: Pod = {
    ...podWith({}),
    status: { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }] },
  };
  expect(podTrouble(pod)).toMatchObject({ reason: 'Unschedulable', hopeless });
});

test.each([
  [{ running: {} }],
  [{ waiting: { reason: 'ContainerCreating' } }],
  [{ terminated: { exitCode: 0, reason: 'Completed' } }],
])('nothing is wrong with %j', (state) => {
  expect(podTrouble(podWith(state))).toBeUndefined();
});
