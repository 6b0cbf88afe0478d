import { UserMistake } from '../../core/failure.ts';

/** The number of a release as it was typed; undefined where none was. Throws UserMistake for anything else. */
export function releaseNumber(word: string | undefined): number | undefined {
  if (word === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(word)) return Number(word);
  throw new UserMistake({
    what: `\`${word}\` is no release`,
    next: 'Write its number, as `ptp history` has it.',
  });
}
