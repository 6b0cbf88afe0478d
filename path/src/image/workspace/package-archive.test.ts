import { buffer } from 'node:stream/consumers';
import { type Header, pack } from 'tar-stream';
import { expect, test } from 'vitest';
import { packageFiles } from './package-archive.ts';

type Entry = Partial<Header> & { readonly name: string; readonly text?: string };

async function filesOf(entries: readonly Entry[], programs: readonly string[] = []) {
  const archive = pack();
  for (const { text = '', ...header } of entries) archive.entry({ mode: 0o644, ...header }, text);
  archive.finalize();
  const files = await packageFiles(await buffer(archive), new Set(programs));
  return files?.map(({ path, executable, content }) => [path, executable, Buffer.from(content).toString()]);
}

test('what is above the first slash goes, folders and links are left out, what comes later counts', async () => {
  expect(
    await filesOf([
      { name: 'package/', type: 'directory' },
      { name: 'package/index.js', text: 'first' },
      { name: 'package/lib/run.sh', mode: 0o755, text: 'run' },
      { name: 'package/link', type: 'symlink', linkname: 'index.js' },
      { name: 'package/index.js', text: 'second' },
      { name: `package/${'long/'.repeat(40)}name.js`, text: 'long' },
    ]),
  ).toEqual([
    ['index.js', false, 'second'],
    ['lib/run.sh', true, 'run'],
    [`${'long/'.repeat(40)}name.js`, false, 'long'],
  ]);
});

test('programs can be run, and their first line ends as on Linux', async () => {
  const text = '#!/usr/bin/env node\r\nrun();\r\n';
  const entries = ['cli.js', 'other.js'].map((name) => ({ name: `package/${name}`, text }));
  expect(await filesOf(entries, ['cli.js'])).toEqual([
    ['cli.js', true, '#!/usr/bin/env node\nrun();\r\n'],
    ['other.js', false, text],
  ]);
});

test('.gitignore becomes .npmignore where there is none', async () => {
  const ignored = { name: 'p/.gitignore', text: 'git' };
  const npm = { name: 'p/.npmignore', text: 'npm' };
  expect(await filesOf([ignored, { name: 'p/a/.gitignore' }])).toEqual([
    ['.npmignore', false, 'git'],
    ['a/.npmignore', false, ''],
  ]);
  expect(await filesOf([npm, ignored])).toEqual([['.npmignore', false, 'npm']]);
  expect(await filesOf([ignored, npm])).toEqual([['.npmignore', false, 'npm']]);
});

test.each([
  ['a path that leads out', [{ name: 'package/../../evil' }]],
  ['a path with an empty part', [{ name: 'package/a//b' }]],
  ['a file above all folders', [{ name: 'index.js' }]],
  ['a backslash', [{ name: 'package/a\\b' }]],
  ['what deletes in layers', [{ name: 'package/.wh.a' }]],
  ['a file where a folder is', [{ name: 'package/a' }, { name: 'package/a/b' }]],
  ['a device', [{ name: 'package/null', type: 'character-device' as const }]],
])('npm is asked about %s', async (_what, entries) => {
  expect(await filesOf([{ name: 'package/index.js' }, ...entries])).toBeUndefined();
});

test('what is no archive has no files', async () => {
  expect(await packageFiles(Buffer.alloc(1024, 7), new Set())).toBeUndefined();
});
