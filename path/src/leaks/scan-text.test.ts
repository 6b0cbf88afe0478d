import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesBelow } from '../oci/files-below.ts';
import { looksRandom } from './own-rules.ts';
import { harmless, noise, plantedCredentials } from './planted.test-support.ts';
import { readableText } from './readable.ts';
import { scanText } from './scan-text.ts';
import { isForTests } from './sources.ts';

test.each(plantedCredentials)(
  '$kind is found at its line, and its value is not in what is told',
  async ({ text, file, rule, value }) => {
    const hits = await scanText(`// the first line\n\n${text}\n`, file);
    expect(hits).toContainEqual({ rule, line: 3 });
    expect(JSON.stringify(hits)).not.toContain(value.slice(0, 12));
  },
);

test.each(harmless)('%s is no credential', async (_, text = '', file = 'src/a.ts') => {
  expect(await scanText(text, file)).toEqual([]);
});

test('a comment in the file does not switch the search off', async () => {
  const [token] = plantedCredentials.filter(({ rule }) => rule === 'github');
  const text = `/* secretlint-disable */\n// secretlint-disable-next-line\n${token?.text}`;
  expect(await scanText(text, 'a.ts')).toEqual([{ rule: 'github', line: 3 }]);
});

test('searching leaves no marks of its timing behind', async () => {
  performance.clearMarks();
  for (let count = 0; count < 10; count += 1) await scanText('const a = 1;', 'a.ts');
  expect(performance.getEntriesByType('mark')).toEqual([]);
});

test('each line is told once, whatever rules find it', async () => {
  const [token] = plantedCredentials.filter(({ rule }) => rule === 'github');
  expect(await scanText(`const apiToken = '${token?.value}';`, 'a.ts')).toEqual([
    { rule: 'github', line: 1 },
  ]);
});

test.each([
  [noise(16), true],
  [noise(32, '0123456789abcdef'), true],
  ['aaaaaaaaaaaaaaaaaaaaaaaa1', false],
  ['the-quick-brown-fox-1', false],
  ['correcthorsebatterystaple', false],
  [noise(15), false],
])('a generator made %s: %s', (value, expected) => {
  expect(looksRandom(value)).toBe(expected);
});

test('programs, pictures and what is larger than any text are no texts; UTF-16 is one', () => {
  expect(readableText(Buffer.from('\x7fELF\0\0'))).toBeUndefined();
  expect(readableText(Buffer.alloc(5 * 1024 * 1024, 'a'))).toBeUndefined();
  expect(readableText(Buffer.from('\ufeffkey', 'utf16le'))).toContain('key');
  expect(readableText(Buffer.from('key'))).toBe('key');
});

test('the applications of this repository have no credential in them', async () => {
  const system = join(import.meta.dirname, '../../../system');
  const files = (await filesBelow(system)).filter(
    ({ path, kind }) => kind === 'file' && !/(?:^|\/)(?:node_modules|dist)\//.test(path) && !isForTests(path),
  );
  expect(files.length).toBeGreaterThan(20);
  for (const { path } of files) {
    const text = readableText(await readFile(join(system, path)));
    if (text !== undefined) expect([path, await scanText(text, path)]).toEqual([path, []]);
  }
});
