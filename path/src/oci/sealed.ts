import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { writeAtomically } from '../effects/write-atomically.ts';
import { digestHex, digestOf } from './digest.ts';

/** The ending of sealed files' names. */
export const sealedEnding = '.sealed';

/**
 * Keeps a JSON value in a file that tells when it is damaged: the first line is the digest of its name and of what
 * follows. Appears whole or not at all.
 */
export async function writeSealed(file: string, value: unknown): Promise<void> {
  const text = JSON.stringify(value);
  await writeAtomically(file, `${sealOf(file, text)}\n${text}`);
}

/**
 * The value that `writeSealed` kept in a file of this name, or undefined where there is none. What was cut off,
 * altered, or can't be read from the disk is no value either; `damaged` is called for it.
 */
export async function readSealed(file: string, damaged: (file: string) => void): Promise<unknown> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code !== 'EIO') throw error;
    content = '';
  }
  const end = content.indexOf('\n');
  const text = content.slice(end + 1);
  if (end > 0 && content.slice(0, end) === sealOf(file, text)) return JSON.parse(text);
  damaged(file);
  return undefined;
}

function sealOf(file: string, text: string): string {
  return digestHex(digestOf(`${basename(file)}\n${text}`));
}
