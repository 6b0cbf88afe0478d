import { expect, test } from 'vitest';
import { type Found, layered } from './facts.ts';

const npm = (name: string, version = '1.0.0'): Found => ({ type: 'npm', name, version });
const layer = (found: Record<string, readonly Found[]>, removed: readonly string[] = []) => ({
  found,
  removed,
});
const names = (layers: Parameters<typeof layered>[0]) =>
  layered(layers).map((one) => ('name' in one ? `${one.name}@${one.version}` : one.id));

test('a file of a higher layer takes the place of the lower one', () => {
  const [low, high] = [
    layer({ 'a/package.json': [npm('a')] }),
    layer({ 'a/package.json': [npm('a', '2.0.0')] }),
  ];
  expect(names([low, high])).toEqual(['a@2.0.0']);
  expect(names([low, layer({ 'a/package.json': [] })])).toEqual([]);
});

test('whiteouts take away a file, a folder, or all that a folder had', () => {
  const low = layer({
    'x/a/package.json': [npm('a')],
    'x/b/package.json': [npm('b')],
    'xa/package.json': [npm('c')],
  });
  expect(names([low, layer({}, ['x/a/package.json'])])).toEqual(['b@1.0.0', 'c@1.0.0']);
  expect(names([low, layer({}, ['x'])])).toEqual(['c@1.0.0']);
  expect(names([low, layer({ 'x/d/package.json': [npm('d')] }, ['x'])])).toEqual(['c@1.0.0', 'd@1.0.0']);
  expect(names([low, layer({}, [''])])).toEqual([]);
});

test('a package in two places is one package, with both', () => {
  const found = layered([layer({ 'b/package.json': [npm('a')], 'a/package.json': [npm('a')] })]);
  expect(found).toEqual([
    { type: 'npm', name: 'a', version: '1.0.0', places: ['a/package.json', 'b/package.json'] },
  ]);
});
