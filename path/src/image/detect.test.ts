import { join } from 'node:path';
import { expect, test } from 'vitest';
import { detect, detectBuilder } from './detect.ts';
import { newFolder, write } from './step.fixture.ts';

const scripts = (scripts: Readonly<Record<string, string>>) => ({ 'package.json': { name: 'a', scripts } });

test('a folder is recognised by its package.json and page', async () => {
  const page = { ...scripts({ build: 'vite build', start: 'node dev.js' }), 'index.html': '' };
  expect(await detect(write(newFolder(), page))).toEqual({
    builder: 'static',
    reason: 'index.html, built by "vite build"',
  });
  expect(await detectBuilder(write(newFolder(), scripts({ start: 'node main.js' })))).toBe('node');
  expect(await detectBuilder(write(newFolder(), scripts({ build: 'tsc', start: 'node dist/a.js' })))).toBe(
    'node',
  );
  expect(await detectBuilder(write(newFolder(), scripts({ start: 'next start' })))).toBeUndefined();
  expect(await detectBuilder(newFolder())).toBeUndefined();
});

test('a folder in a Go module is recognised by its program', async () => {
  const main = 'package main\n\nfunc main() {}\n';
  const module = write(newFolder(), {
    'go.mod': 'module example.com/a\n',
    'main.go': main,
    'lib/lib.go': 'package lib\n',
  });
  expect(await detect(module)).toEqual({ builder: 'go', reason: 'a program of the Go module here' });
  expect(await detectBuilder(join(module, 'lib'))).toBeUndefined();
  const below = write(newFolder(), { 'go.mod': 'module example.com/a\n', 'cmd/one/main.go': main });
  expect(await detect(below)).toEqual({ builder: 'go', reason: 'cmd/one of the Go module here' });
  expect(await detectBuilder(join(below, 'cmd/one'))).toBe('go');
  // Which of two is meant, nobody can tell; each is one by itself.
  write(below, { 'cmd/two/main.go': main });
  expect(await detectBuilder(below)).toBeUndefined();
  expect(await detectBuilder(join(below, 'cmd/two'))).toBe('go');
  expect(await detectBuilder(write(newFolder(), { 'main.go': main }))).toBeUndefined();
});
