import { resolve } from 'node:path';
import { type Problem, StepFailed, UserMistake } from '../../core/failure.ts';
import type { Outcome } from '../../effects/processes.ts';

/** What was done when Go failed. */
export interface Doing {
  /** The folder that Go ran in: its paths are seen from there. */
  readonly folder: string;
  /** `go build` */
  readonly doing: string;
}

/** What Go says, and what to do about it; the first that fits. `failed`: it is not the sources that are wrong. */
const known: readonly {
  readonly said: RegExp;
  readonly next: string | ((match: RegExpMatchArray) => string);
  readonly failed?: true;
}[] = [
  {
    said: /SECURITY ERROR|checksum mismatch/,
    next: 'A module is not the one that go.sum names. Find out who changed it before you trust it; nothing was built of it.',
    failed: true,
  },
  {
    said: /could not read Username|Permission denied \(publickey|Authentication failed|: 40[13] (?:Forbidden|Unauthorized)/,
    next: 'A module is kept where nobody gets in without credentials. Give them to git or in ~/.netrc; name private modules in GOPRIVATE.',
    failed: true,
  },
  {
    said: /: (?:404 Not Found|410 Gone)|unknown revision|invalid version/,
    next: 'There is no such module or version where `go env GOPROXY` says. Correct go.mod; name private modules in GOPRIVATE.',
  },
  {
    said: /\b(?:Get|reading) "?https?:\/\/|dial tcp|no such host|i\/o timeout|module lookup disabled/,
    next: 'Modules are downloaded as `go env GOPROXY GOPRIVATE` says. Check that it can be reached, and run the same command again.',
    failed: true,
  },
  {
    said: /requires go >= (\S+) \(running (go ?[^;\s]+)/,
    next: ([, wanted, here]) =>
      `Install Go ${wanted} or newer. This machine has ${here}, and no other is downloaded.`,
  },
  {
    said: /no required module provides package (\S+?);? to add it|cannot find module providing package (\S+)/,
    next: ([, one, other]) =>
      `Run \`go get ${(one ?? other ?? '').replace(/[;:]$/, '')}\`, or correct the import.`,
  },
  {
    said: /missing go\.sum entry|updates to go\.(?:mod|sum|work) needed|go\.mod file indicates|updating go\.(?:mod|sum)/,
    next: 'Run `go mod tidy` and commit go.mod and go.sum: images are built of what they name, whatever GOFLAGS says.',
  },
  { said: /inconsistent vendoring/, next: 'Run `go mod vendor` and commit the folder, or remove it.' },
  {
    said: /not one of the workspace modules/,
    next: 'Add the module to the workspace (`go work use .`), or build without it: GOWORK=off.',
  },
  {
    said: /build constraints exclude all Go files/,
    next: 'Programs are compiled for linux/amd64 without cgo, as their images have no C library. Choose a package in plain Go, or name the build tags it needs.',
  },
  {
    said: /replacement directory (\S+) does not exist/,
    next: ([, folder]) =>
      `go.mod replaces a module by ${folder}: bring the folder there, or remove the replacement.`,
  },
  {
    said: /directory not found|no Go files in/,
    next: 'Name the folder of the program: `go: { main: ‹folder› }`.',
  },
];

/** `main.go:10:6: undefined: x`, `go.mod:5: unknown directive: bad` */
const located = /^(?<file>\S.*?\.(?:go|[cshSH]|mod|work|sum)):(?<line>\d+)(?::(?<column>\d+))?: (?<what>.+)$/;

const mostProblems = 10;
const mostLines = 25;

/** What a call of Go that failed means to the person. Pure. */
export function failureOf(outcome: Pick<Outcome, 'code' | 'stderr'>, { folder, doing }: Doing): Error {
  const lines = outcome.stderr.split('\n').filter((line) => line.trim() !== '');
  for (const { said, next, failed } of known) {
    const match = said.exec(lines.join('\n'));
    if (match === null) continue;
    const problems = problemsOf(lines, folder, typeof next === 'string' ? next : next(match), said);
    return failed === true ? new StepFailed(problems) : new UserMistake(problems);
  }
  const next = `Mend it: \`${doing}\` in this folder says the same.`;
  const problems = problemsOf(lines, folder, next);
  if (problems.some(({ where }) => where?.line !== undefined)) return new UserMistake(problems);
  return new StepFailed({
    what: `\`${doing}\` failed (exit code ${outcome.code})`,
    where: { file: folder },
    details: lines.slice(-mostLines),
  });
}

/** Each place that Go names is a problem, with the lines that belong to it. What to do stands at the last. */
function problemsOf(
  lines: readonly string[],
  folder: string,
  next: string,
  said = /^(?!# )/,
): readonly Problem[] {
  const problems: Problem[] = [];
  for (const line of lines) {
    const last = problems.at(-1);
    const { file, line: number, column, what } = located.exec(line)?.groups ?? {};
    if (file !== undefined && what !== undefined) {
      const position = { line: Number(number), ...(column === undefined ? {} : { column: Number(column) }) };
      problems.push({ what, where: { file: resolve(folder, file), ...position } });
    } else if (last !== undefined && /^\s/.test(line)) {
      problems[problems.length - 1] = { ...last, details: [...(last.details ?? []), line.trim()] };
    }
  }
  const shown = problems.slice(0, mostProblems);
  const last = shown.at(-1);
  if (last !== undefined) return [...shown.slice(0, -1), { ...last, next }];
  const first = lines.find((line) => said.test(line)) ?? lines[0] ?? 'Go failed';
  const others = lines.filter((line) => line !== first).slice(0, mostLines);
  const what = first.trim().replace(/^(?:go: |imports )/, '');
  return [{ what, where: { file: folder }, next, ...(others.length === 0 ? {} : { details: others }) }];
}
