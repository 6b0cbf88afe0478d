import { expect, test } from 'vitest';
import { stopwatch, timingsText } from './timings.ts';

const look = { color: false, columns: 100 };

test('spans lie where their ends and durations say, in the order of beginning', () => {
  let now = 300;
  const watch = stopwatch(() => now);
  now = 1_300;
  watch.event({ kind: 'task-done', step: 'cluster', task: 'start etcd', text: 'answers', seconds: 0.5 });
  now = 1_500;
  watch.event({ kind: 'object-applied', step: 'deploy', object: 'hello/service/a', change: 'created' });
  now = 2_000;
  watch.event({ kind: 'object-applied', step: 'deploy', object: 'hello/service/b', change: 'unchanged' });
  watch.event({ kind: 'step-done', step: 'cluster', seconds: 1.2, text: 'answers' });
  watch.event({ kind: 'note', step: 'cluster', text: 'no work' });
  expect(watch.spans()).toEqual([
    { step: 'tool', task: 'load itself', start: 0, seconds: 0.3 },
    { step: 'cluster', task: '', start: 0.8, seconds: 1.2 },
    { step: 'cluster', task: 'start etcd', start: 0.8, seconds: 0.5 },
    { step: 'deploy', task: 'compare and apply 2 objects', start: 1.5, seconds: 0.5 },
  ]);
});

test('a line for each span shows its place in the whole', () => {
  const spans = [
    { step: 'cluster', task: '', start: 0, seconds: 1 },
    { step: 'deploy', task: 'wait', start: 1, seconds: 1 },
  ] as const;
  const [first = '', second = ''] = timingsText(spans, 2, look).split('\n').slice(2);
  expect(first).toMatch(/^ +0\.00 +1\.00 {2}cluster +━+$/);
  expect(second).toMatch(/^ +1\.00 +1\.00 {2}deploy: wait +─+$/);
  expect(second.indexOf('─')).toBe(first.lastIndexOf('━') + 1);
});
