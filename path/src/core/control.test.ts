import { expect, test } from 'vitest';
import { parseControl, words } from './control.ts';

test('paragraphs, continuations and comments are read', () => {
  const read = parseControl('# comment\nPackage: a\nDescription: short\n long\n .\n\n\nPackage: b\nEmpty:\n');
  expect(read.map((paragraph) => [...paragraph])).toEqual([
    [
      ['package', 'a'],
      ['description', 'short\nlong\n.'],
    ],
    [
      ['package', 'b'],
      ['empty', ''],
    ],
  ]);
});

test('a repeated field, a stray continuation and a line without a field are refused', () => {
  expect(() => parseControl('A: 1\na: 2')).toThrow('there twice');
  expect(() => parseControl(' stray')).toThrow('continues no field');
  expect(() => parseControl('nonsense')).toThrow('is no field');
});

test('words are separated by any white space', () => {
  expect(words(' a\tb\n c ')).toEqual(['a', 'b', 'c']);
  expect(words(undefined)).toEqual([]);
});
