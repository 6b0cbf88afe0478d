import { expect, test } from 'vitest';
import { accepts, parseRelations, relationText } from './relation.ts';

test('alternatives, versions, qualifiers and source-only parts are read', () => {
  const read = parseRelations(
    'libc6 (>= 2.38), debconf (>= 0.5) | debconf-2.0, python3:any, gcc [amd64 arm64] <!nocheck>,',
  );
  expect(read.map((group) => group.map(relationText).join(' | '))).toEqual([
    'libc6 (>= 2.38)',
    'debconf (>= 0.5) | debconf-2.0',
    'python3',
    'gcc',
  ]);
});

test('a missing field has no relations', () => {
  expect(parseRelations(undefined)).toEqual([]);
  expect(parseRelations(' ')).toEqual([]);
});

test('what is no relation is refused by name', () => {
  expect(() => parseRelations('libc6, $(reboot)')).toThrow('"$(reboot)" is no package relation');
});

test('a relation accepts the versions it names', () => {
  const [[relation] = []] = parseRelations('libpq5 (>= 17~~)');
  expect(relation && [accepts(relation, '17~beta1'), accepts(relation, '16.9')]).toEqual([true, false]);
});
