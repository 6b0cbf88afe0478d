import { expect, test } from 'vitest';
import { StepFailed, UserMistake } from '../../core/failure.ts';
import { failureOf } from './failures.ts';

const failure = (...lines: readonly string[]) =>
  failureOf({ code: 1, stderr: lines.join('\n') }, { folder: '/src', doing: 'go build' }) as
    | UserMistake
    | StepFailed;

test('each place that the compiler names is a problem, with its lines', () => {
  const error = failure(
    '# example.com/app',
    './main.go:10:6: undefined: fmt.Prin',
    'lib/l.go:3:19: too many arguments in call to A',
    '\thave (string, number)',
    '\twant (int)',
  );
  expect(error).toBeInstanceOf(UserMistake);
  expect(error.problems).toEqual([
    { what: 'undefined: fmt.Prin', where: { file: '/src/main.go', line: 10, column: 6 } },
    {
      what: 'too many arguments in call to A',
      where: { file: '/src/lib/l.go', line: 3, column: 19 },
      details: ['have (string, number)', 'want (int)'],
      next: 'Mend it: `go build` in this folder says the same.',
    },
  ]);
});

test.each([
  [
    'go: go.mod requires go >= 1.99 (running go 1.26.8; GOTOOLCHAIN=local)',
    'UserMistake',
    /Install Go 1\.99/,
  ],
  [
    'main.go:6:2: no required module provides package rsc.io/quote; to add it:\n\tgo get rsc.io/quote',
    'UserMistake',
    /`go get rsc\.io\/quote`/,
  ],
  [
    'main.go:4:9: missing go.sum entry for module providing package rsc.io/quote',
    'UserMistake',
    /go mod tidy/,
  ],
  ['go: updates to go.mod needed; to update it:\n\tgo mod tidy', 'UserMistake', /go mod tidy/],
  [
    'package app\n\timports app/c: build constraints exclude all Go files in /src/c',
    'UserMistake',
    /without cgo/,
  ],
  ['go: inconsistent vendoring in /src:\n\ta@v1: is explicitly required', 'UserMistake', /go mod vendor/],
  [
    'current directory is contained in a module that is not one of the workspace modules listed in go.work.',
    'UserMistake',
    /go work use/,
  ],
  [
    'go: m@v0.0.0 (replaced by ../m): reading ../m/go.mod: replacement directory ../m does not exist',
    'UserMistake',
    /\.\.\/m/,
  ],
  ['stat /src/cmd/x: directory not found', 'UserMistake', /go: \{ main/],
  ['go: errors parsing go.mod:\ngo.mod:5: unknown directive: bad', 'UserMistake', /Mend it/],
  [
    'go: a@v9: reading https://proxy.example/a/@v/v9.info: 404 Not Found',
    'UserMistake',
    /no such module or version/,
  ],
  [
    'go: a@v1: git ls-remote -q origin: fatal: could not read Username for https://git.example',
    'StepFailed',
    /GOPRIVATE/,
  ],
  ['verifying a@v1: checksum mismatch\n\tSECURITY ERROR', 'StepFailed', /Find out who changed it/],
  [
    'main.go:4:9: a@v1: Get "http://127.0.0.1:1/a": dial tcp 127.0.0.1:1: connect: connection refused',
    'StepFailed',
    /GOPROXY/,
  ],
])('%s', (said, name, next) => {
  const error = failure(said);
  expect(error.name).toBe(name);
  expect(error.problems.at(-1)?.next).toMatch(next);
});

test('what nobody foresaw is shown as Go said it', () => {
  const error = failure('/usr/lib/go/pkg/tool/link: signal: killed');
  expect(error).toBeInstanceOf(StepFailed);
  expect(error.problems).toEqual([
    {
      what: '`go build` failed (exit code 1)',
      where: { file: '/src' },
      details: ['/usr/lib/go/pkg/tool/link: signal: killed'],
    },
  ]);
});

test('ten places are enough', () => {
  const error = failure(...Array.from({ length: 30 }, (_, line) => `a.go:${line + 1}:1: wrong`));
  expect(error.problems).toHaveLength(10);
  expect(error.problems.at(-1)?.next).toBeDefined();
});
