import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { edited, lineChanges } from './edit.ts';

const file = `# The shop.
name: shop

components:
  web:   # the page
    source: web
    needs: [data]
    env: {A: "1"}
  worker:
    source: worker
    resources: # measured in May
      cpu: 100m # too much?
      memory: 64Mi
# The end.
`;

test('a key that is there says something else, and its comment stays', () => {
  const after = edited(file, [{ path: ['components', 'worker', 'resources', 'cpu'], value: '20m' }]);
  expect(after).toBe(file.replace('cpu: 100m #', 'cpu: 20m #'));
});

test('a key that is not there comes with what it stands below, and no other line changes', () => {
  const after = edited(file, [
    { path: ['components', 'web', 'resources', 'cpu'], value: '20m' },
    { path: ['components', 'web', 'resources', 'memory'], value: '48Mi' },
    { path: ['components', 'web', 'replicas'], value: 1 },
    { path: ['components', 'web', 'scale'], value: { max: 4 } },
  ]);
  expect(lineChanges(file, after)).toEqual([
    { change: 'comes', line: 9, text: '    resources:' },
    { change: 'comes', line: 10, text: '      cpu: 20m' },
    { change: 'comes', line: 11, text: '      memory: 48Mi' },
    { change: 'comes', line: 12, text: '    replicas: 1' },
    { change: 'comes', line: 13, text: '    scale: { max: 4 }' },
  ]);
});

test('a key with nothing behind it takes others', () => {
  expect(edited('a:\n  b:\n', [{ path: ['a', 'b', 'c'], value: 1 }])).toBe('a:\n  b:\n    c: 1\n');
});

test('a map in braces takes keys as it is written', () => {
  const edits = [{ path: ['web', 'resources', 'cpu'], value: '20m' }];
  expect(edited('web: {source: web}\n', edits)).toBe('web: {source: web, resources: { cpu: 20m } }\n');
  expect(edited('web: { resources: {} }\n', edits)).toBe('web: { resources: { cpu: 20m } }\n');
  expect(edited('web: { resources: { cpu: 1 } }\n', edits)).toBe('web: { resources: { cpu: 20m } }\n');
  const both = [{ path: ['web', 'scale'], value: { max: 4, cpu: '80%' } }];
  expect(edited('web: { scale: { max: 6 } }\n', both)).toBe('web: { scale: { max: 4, cpu: 80% } }\n');
});

test('what ends with a text of several lines, a list or no line’s end takes keys behind it', () => {
  const edits = [{ path: ['a', 'z'], value: 1 }];
  expect(edited('a:\n  b: |\n    one\n\nlast: 1\n', edits)).toBe('a:\n  b: |\n    one\n  z: 1\n\nlast: 1\n');
  expect(edited('a:\n  b:\n    - 1\n    - 2 # two\nlast: 1\n', edits)).toBe(
    'a:\n  b:\n    - 1\n    - 2 # two\n  z: 1\nlast: 1\n',
  );
  expect(edited('a:\n  b: 1', edits)).toBe('a:\n  b: 1\n  z: 1\n');
});

test('whatever the place, the file says what it was to say and all else as before', () => {
  const shapes = ['a:\n  x: 1\n', 'a: {}\n', 'a: { x: 1 }\n', 'a:\n', 'b: 1\n', 'a:\n  b: # why\n  x: 1\n'];
  for (const shape of shapes) {
    const after = parse(edited(shape, [{ path: ['a', 'b', 'c'], value: 5 }]));
    expect(after.a.b).toEqual({ c: 5 });
    const before = parse(shape);
    for (const key of Object.keys(before)) if (key !== 'a') expect(after[key]).toEqual(before[key]);
    if (before.a?.x !== undefined) expect(after.a.x).toBe(before.a.x);
  }
});

test('a line that changes goes and comes', () => {
  expect(lineChanges('a\nb\nc', 'a\nB\nc')).toEqual([
    { change: 'goes', line: 2, text: 'b' },
    { change: 'comes', line: 2, text: 'B' },
  ]);
});
