import { expect, test } from 'vitest';
import { listText, referencesIn } from './list.ts';

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const one = `registry.test:5000/shop/web@${digest('1')}`;
const two = `registry.test:5000/shop/web@${digest('2')}`;
const other = `registry.test:5000/shop/api@${digest('1')}`;

test('a list is the same text whatever the order, with one line for each repository', () => {
  const text = `registry.test:5000/shop/api ${digest('1')}\nregistry.test:5000/shop/web ${digest('1')} ${digest('2')}`;
  expect(listText([two, one, other, one])).toBe(text);
  expect(listText([other, one, two])).toBe(text);
});

test('what was listed is read again', () => {
  expect(referencesIn(listText([two, other, one]))).toEqual([other, one, two]);
  expect(referencesIn(listText([]))).toEqual([]);
});

test('all images of a hundred components with ten releases fit into an annotation', () => {
  const references = Array.from({ length: 1000 }, (_, index) => {
    const hex = index.toString(16).padStart(64, '0');
    return `registry.example.com/a-team-with-a-long-name/a-project/component-${index % 100}@sha256:${hex}`;
  });
  expect(listText(references).length).toBeLessThan(96 * 1024);
});
