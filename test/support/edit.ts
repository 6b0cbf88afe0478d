import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Changes a text in a file, does some work, and puts the file back as it was, however the work ends.
 * Throws where the text isn't there: the test would prove nothing.
 */
export async function withEdit<T>(
  file: string,
  [from, to]: readonly [string, string],
  work: () => Promise<T>,
): Promise<T> {
  const before = readFileSync(file, 'utf8');
  if (!before.includes(from)) throw new Error(`${file} does not contain ${from}`);
  writeFileSync(
    file,
    before.replace(from, () => to),
  );
  try {
    return await work();
  } finally {
    writeFileSync(file, before);
  }
}
