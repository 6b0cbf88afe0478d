import { readFile, realpath, stat } from 'node:fs/promises';
import { UserMistake } from '../core/failure.ts';
import { writeAtomically } from '../effects/write-atomically.ts';

/**
 * Writes ptp.yaml, whole or not at all; a link stays one, and its rights stay.
 * @param before what the file said when the new text was made from it
 * @throws UserMistake where it says something else by now
 */
export async function writeProjectFile(file: string, text: string, before: string): Promise<void> {
  const place = await realpath(file);
  if ((await readFile(place, 'utf8')) !== before)
    throw new UserMistake({
      what: 'the file was changed meanwhile',
      where: { file },
      next: 'Look at what it says now, and run the same again.',
    });
  const { mode } = await stat(place);
  await writeAtomically(place, text, mode & 0o777);
}
