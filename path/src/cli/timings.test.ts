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

test('what has no duration of its own takes from the begin of its step on; a plan says how long it took', () => {
  let now = 100;
  const watch = stopwatch(() => now);
  watch.event({ kind: 'step-started', step: 'inspect', text: 'look' });
  now = 350;
  const seen = { step: 'inspect', findings: [] } as const;
  watch.event({ kind: 'credentials-looked-for', files: 1, read: 0, ...seen });
  now = 600;
  watch.event({ kind: 'vulnerabilities-looked-up', looked: true, packages: 1, ...seen });
  now = 900;
  watch.event({ kind: 'planned', step: 'deploy', changes: [], migrations: [], seconds: 0.2 });
  expect(watch.spans().slice(1)).toEqual([
    { step: 'inspect', task: 'look for credentials', start: 0.1, seconds: 0.25 },
    { step: 'inspect', task: 'look for known vulnerabilities', start: 0.1, seconds: 0.5 },
    { step: 'deploy', task: 'plan', start: 0.7, seconds: 0.2 },
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
