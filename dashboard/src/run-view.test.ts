import { expect, test } from 'vitest';
import type { Event } from '../../path/src/core/event.ts';
import type { RunLine } from '../../path/src/operate/runs.ts';
import { withLines } from './run-view.ts';

const at = '2026-11-26T10:00:00.000Z';
const begun: RunLine = { kind: 'begun', at, command: 'up', pid: 1 };
const event = (one: Event): RunLine => ({ kind: 'event', at, event: one });

test('steps run, tell of their tasks, and are done', () => {
  const running = withLines(undefined, [
    begun,
    event({ kind: 'step-started', step: 'image', text: 'build' }),
    event({ kind: 'progress', step: 'image', task: 'web', text: 'layer 2' }),
  ]);
  expect(running?.steps).toEqual([
    { name: 'image', state: 'running', text: 'build', tasks: { web: 'layer 2' } },
  ]);
  const done = withLines(running, [event({ kind: 'step-done', step: 'image', text: 'built', seconds: 2 })]);
  expect(done?.steps).toEqual([{ name: 'image', state: 'done', text: 'built', seconds: 2, tasks: {} }]);
});

test('what was running when a run failed has failed, with the problems', () => {
  const run = withLines(undefined, [
    begun,
    event({ kind: 'step-started', step: 'deploy', text: 'roll' }),
    { kind: 'ended', at, ok: false, problems: [{ what: 'a pod crashes' }] },
  ]);
  expect(run?.steps[0]?.state).toBe('failed');
  expect(run?.ended).toEqual({ at, ok: false, problems: ['a pod crashes'] });
});

test('a new run begins from nothing, and lines without a beginning are of none', () => {
  const first = withLines(undefined, [begun, event({ kind: 'step-started', step: 'image', text: 'build' })]);
  expect(withLines(first, [{ ...begun, command: 'rollback' }])).toMatchObject({
    command: 'rollback',
    steps: [],
  });
  expect(withLines(undefined, [event({ kind: 'note', step: 'image', text: 'so' })])).toBeUndefined();
});

test('only what was changed is among the changes', () => {
  const run = withLines(undefined, [
    begun,
    event({ kind: 'object-applied', step: 'deploy', object: 'shop/deployment/web', change: 'configured' }),
    event({ kind: 'object-applied', step: 'deploy', object: 'shop/service/web', change: 'unchanged' }),
  ]);
  expect(run?.changes).toEqual([{ object: 'shop/deployment/web', change: 'configured' }]);
});
