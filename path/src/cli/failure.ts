import { diskProblem } from '../core/disk.ts';
import { type Problem, StepFailed, UserMistake } from '../core/failure.ts';
import type { JsonObject } from './command.ts';
import { type Look, styled } from './render/look.ts';
import { problemLines, type ReadLine } from './render/problem.ts';

/** How a command that threw ends: its exit code, its lines for people and its line for programs. */
export interface Ending {
  readonly code: number;
  readonly lines: readonly string[];
  readonly json: JsonObject;
}

/**
 * What an error means: the user's mistake (2), a failure of the path (1), being interrupted (130), or a bug of ptp
 * (1), which alone shows its stack.
 */
export function endingOf(error: unknown, interrupted: boolean, look: Look, readLine: ReadLine): Ending {
  const problems = problemsOf(error);
  if (problems !== undefined) {
    const mistake = error instanceof UserMistake;
    return {
      code: mistake ? 2 : 1,
      lines: problems.flatMap((problem) => problemLines(problem, look, 'mistake', readLine)),
      json: { kind: mistake ? 'mistake' : 'failed', problems },
    };
  }
  if (interrupted) return { code: 130, lines: ['stopped'], json: { kind: 'stopped' } };
  const text = error instanceof Error ? stackOf(error) : String(error);
  return {
    code: 1,
    lines: [
      `${styled(look, 'red', '✘')} ${styled(look, 'bold', 'This is a bug in ptp, not your mistake.')}`,
      ...text.split('\n').map((line) => `    ${line}`),
      '  Please report it with the lines above and the command that you gave.',
    ],
    json: { kind: 'bug', message: error instanceof Error ? error.message : String(error), stack: text },
  };
}

/** A disk that is full may be noticed at any place. */
function problemsOf(error: unknown): readonly Problem[] | undefined {
  if (error instanceof UserMistake || error instanceof StepFailed) return error.problems;
  const problem = diskProblem(error) ?? (error as Partial<Told> | undefined)?.problem;
  return problem === undefined ? undefined : [problem];
}

/** An error that is no bug by itself: a server may be in trouble at any request. */
interface Told {
  readonly problem: Problem | undefined;
}

/** The stack with those of the errors that caused it. */
function stackOf(error: Error): string {
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause instanceof Error ? `${own}\ncaused by ${stackOf(error.cause)}` : own;
}
