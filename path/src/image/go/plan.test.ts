import { expect, test } from 'vitest';
import { buildArguments, embeds, foreignFlags, isPackageFile, programName } from './plan.ts';

test('what tells machines and builds apart stays out of the program', () => {
  const args = buildArguments({ tags: ['b', 'a'], ldflags: '-X main.version=1' }, '/out');
  expect(args).toEqual([
    'build',
    '-trimpath',
    '-buildvcs=false',
    '-tags=a,b',
    '-ldflags=-s -w -buildid= -X main.version=1',
    '-v',
    '-o',
    '/out',
  ]);
});

test('a program is called as go build calls it', () => {
  expect(programName('example.com/team/app')).toBe('app');
  expect(programName('example.com/team/app/cmd/server')).toBe('server');
  expect(programName('example.com/team/app/v2')).toBe('app');
  expect(programName('example.com/team/app/v10')).toBe('app');
  expect(programName('example.com/team/app/v1')).toBe('v1');
  expect(programName('app')).toBe('app');
});

test('of GOFLAGS, what changes the program is named', () => {
  expect(foreignFlags('-mod=mod -modcacherw -buildvcs=false -trimpath -v -p=2')).toEqual([]);
  expect(foreignFlags('-tags=netgo --race -modfile=x.mod')).toEqual([
    '-tags=netgo',
    '--race',
    '-modfile=x.mod',
  ]);
  expect(foreignFlags('')).toEqual([]);
});

test('a file counts by its name, tests do not', () => {
  const names = ['a.go', 'a_test.go', 'a_windows.go', '_a.go', '.a.go', 'a.s', 'a.h', 'README.md'];
  expect(names.filter(isPackageFile)).toEqual(['a.go', 'a_windows.go', 'a.s', 'a.h']);
  expect(['default.pgo', 'go.mod', 'other.pgo'].filter(isPackageFile)).toEqual(['default.pgo', 'go.mod']);
});

test('what patterns of embed may mean, and the folders on the way there', () => {
  const paths = [
    'a.html',
    'a.css',
    't/',
    't/a.html',
    't/in/',
    't/in/a.html',
    'u/',
    'u/a.html',
    '.git/',
    '.git/a',
  ];
  const kept = (...patterns: readonly string[]) => paths.filter(embeds(patterns));
  expect(kept()).toEqual([]);
  expect(kept('*.html')).toEqual(['a.html']);
  expect(kept('t')).toEqual(['t/', 't/a.html', 't/in/', 't/in/a.html']);
  expect(kept('all:t/in')).toEqual(['t/', 't/in/', 't/in/a.html']);
  // `t/in` is a folder that the pattern may mean, with all that is in it.
  expect(kept('t/*')).toEqual(['t/', 't/a.html', 't/in/', 't/in/a.html']);
  expect(kept('*/a.html')).toEqual(['t/', 't/a.html', 'u/', 'u/a.html']);
  expect(kept('[tx]/a.html', 'a.???')).toEqual(['a.css', 't/', 't/a.html', 'u/', 'u/a.html']);
  expect(kept('.')).toEqual(paths.filter((path) => !path.startsWith('.git')));
});
