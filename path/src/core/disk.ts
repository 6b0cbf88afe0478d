import type { Problem } from './failure.ts';

/** Why the disk took no more, by the system's code. */
const texts: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EROFS: 'the disk is read-only',
};

/** A disk that took no more, wherever in the causes of an error that stands: why, and at which file. */
export function diskTrouble(
  error: unknown,
): { readonly text: string; readonly file?: string; readonly said: string } | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, path } = at as NodeJS.ErrnoException;
    const text = texts[code ?? ''];
    if (text !== undefined) return { text, ...(path === undefined ? {} : { file: path }), said: at.message };
  }
  return undefined;
}

/** The same as a problem, for whoever made nothing more of it. */
export function diskProblem(error: unknown): Problem | undefined {
  const trouble = diskTrouble(error);
  if (trouble === undefined) return undefined;
  const { text, file, said } = trouble;
  return {
    what: file === undefined ? text : `${text}: ${file} could not be written`,
    next: 'Make room there (`df -h` shows which disk), then run the same command again: it goes on from there.',
    details: [said],
  };
}
