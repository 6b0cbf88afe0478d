import { diskTrouble } from '../core/disk.ts';
import { StepFailed, UserMistake } from '../core/failure.ts';

/**
 * What a failed write means to the person: StepFailed for a disk that took no more, wherever in the causes of an
 * error that stands; any other error as it is. `cache` is the folder that images are made in.
 */
export function foreseen(error: unknown, cache: string): unknown {
  const trouble = diskTrouble(error);
  if (trouble === undefined) return error;
  return new StepFailed(
    {
      what: `images can't be made: ${trouble.text}`,
      where: { file: cache },
      next: 'Make room there, or name another folder with PTP_CACHE. Nothing half-written was left.',
      details: [trouble.said],
    },
    { cause: error },
  );
}

/** One error for several: mistakes are told all at once; anything unforeseen goes on as it is. */
export function together(reasons: readonly unknown[]): unknown {
  const unforeseen = reasons.find(
    (reason) => !(reason instanceof UserMistake || reason instanceof StepFailed),
  );
  if (unforeseen !== undefined || reasons.length === 1) return unforeseen ?? reasons[0];
  // Images that share a failed part, such as the base, fail with the same error.
  const known = new Set(reasons as (UserMistake | StepFailed)[]);
  const problems = [...known].flatMap((reason) => reason.problems);
  return [...known].every((reason) => reason instanceof UserMistake)
    ? new UserMistake(problems)
    : new StepFailed(problems, { cause: reasons[0] });
}
