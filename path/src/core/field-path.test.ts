import { expect, test } from 'vitest';
import { pathParts, valueAt } from './field-path.ts';

test('paths have keys, quoted keys and entries; what is none is none', () => {
  expect(pathParts(".metadata.labels['app.kubernetes.io/name']")).toEqual([
    { key: 'metadata' },
    { key: 'labels' },
    { key: 'app.kubernetes.io/name' },
  ]);
  expect(pathParts('.a[0][name=b]')).toEqual([{ key: 'a' }, { entry: '0' }, { entry: 'name=b' }]);
  expect(pathParts('.')).toEqual([]);
  for (const text of ['.a..b', '.a[', '.a]']) expect(pathParts(text)).toBeUndefined();
});

test('a value is found by keys, positions and names; what is not there is undefined', () => {
  const value = {
    a: [
      { name: 'x', 'b/c': 1 },
      { name: 'y', 'b/c': 2 },
    ],
  };
  const at = (path: string) => valueAt(value, pathParts(path) ?? []);
  expect(at('.a[1].name')).toBe('y');
  expect(at(".a[name=y]['b/c']")).toBe(2);
  expect(at('.')).toBe(value);
  for (const path of ['.a.name', '.a[5].name', '.b', '.a[name=z]', '.a[0].name.x'])
    expect(at(path)).toBeUndefined();
});
