import { expect, test } from 'vitest';
import { fuzzTime, processorSeconds } from '../core/fuzz.test-support.ts';
import { loadsOrTells, projectFolder } from './testing/outcome.ts';

projectFolder();

const rows = (count: number, row: (index: number) => string) =>
  Array.from({ length: count }, (_, at) => row(at)).join('');

/** Texts that are made to take long, by how large they are. */
const hostile: Readonly<Record<string, (size: number) => string>> = {
  'aliases of aliases': (size) =>
    `a0: &a0 [x]\n${rows(size % 40, (at) => `a${at + 1}: &a${at + 1} [${`*a${at}, `.repeat(9)}]\n`)}`,
  'many aliases of one large part': (size) =>
    `a: &a [${'x,'.repeat(size / 10)}]\nb: [${'*a,'.repeat(size / 10)}]\n`,
  'many anchors': (size) => rows(size / 20, (at) => `k${at}: &k${at} 1\nl${at}: *k${at}\n`),
  'brackets without end': (size) => 'name: '.padEnd(size, '['),
  'maps without end': (size) => rows(Math.min(size, 700), (at) => `${' '.repeat(at)}a:\n`),
  'dashes without end': (size) => '- '.repeat(size / 2),
  'unknown keys': (size) => rows(size / 10, (at) => `k${at}: 1\n`),
  'a key twice, again and again': (size) => 'name: x\n'.repeat(size / 8),
  'components with a slip each': (size) =>
    `name: x\ncomponents:\n${rows(size / 22, (at) => `  c${at}: {sorce: src}\n`)}`,
  'services that nobody has': (size) =>
    `name: x\ncomponents: {web: {source: src, needs: [${rows(size / 10, (at) => `n${at},`)}]}}\nservices:\n${rows(size / 50, (at) => `  s${at}: {type: postgres}\n`)}`,
  'one long word': (size) => `name: ${'k'.repeat(size)}\n`,
  'one long key': (size) => `? ${'k'.repeat(size)}\n: 1\n`,
  'keys below a long key': (size) =>
    `name: x\ncomponents:\n  ? ${'k'.repeat(size / 2)}\n  : {${rows(size / 20, (at) => `k${at}: 1,`)}}\n`,
  'a long word where hosts are looked for': (size) =>
    `name: x\ncomponents: {web: {source: src, route: /, env: {A: "${'a'.repeat(size)}"}}}\n`,
  'half addresses where hosts are looked for': (size) =>
    `name: x\ncomponents: {web: {source: src, route: /, env: {A: "${'a://b:'.repeat(size / 6)}"}}}\n`,
  'a long name of a host': (size) =>
    `name: x\ncomponents: {web: {source: src, route: /, env: {A: "http://${'a.'.repeat(size / 2)}"}}}\n`,
  'quotes that stay open': (size) => '"'.padEnd(size, "'\\\n"),
  'tags and comments': (size) => '!a #b\n'.repeat(size / 6),
};

test.each(Object.entries(hostile))(
  '%s take no long time and are told',
  { timeout: fuzzTime },
  async (_, make) => {
    for (const size of [1_000, 250_000]) {
      // Some hundredths of a second where it was written; quadratic work at this size takes minutes.
      expect(await processorSeconds(() => loadsOrTells(make(size)))).toBeLessThan(6);
    }
  },
);
