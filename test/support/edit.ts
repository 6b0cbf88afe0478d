import { edited } from './edited.ts';

/**
 * Changes a text in a file, does some work, and puts the file back as it was, however the work ends.
 * Throws where the text isn't there: the test would prove nothing.
 */
export async function withEdit<T>(
  file: string,
  [from, to]: readonly [string, string],
  work: () => Promise<T>,
): Promise<T> {
  const restore = edited(file, [from, to]);
  try {
    return await work();
  } finally {
    restore();
  }
}
