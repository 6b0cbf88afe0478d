import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Changes a text in a file until the function that it returns is called.
 * Throws where the text isn't there: the test would prove nothing.
 */
export function edited(file: string, [from, to]: readonly [string, string]): () => void {
  const before = readFileSync(file, 'utf8');
  if (!before.includes(from)) throw new Error(`${file} does not contain ${from}`);
  writeFileSync(
    file,
    before.replace(from, () => to),
  );
  return () => writeFileSync(file, before);
}
