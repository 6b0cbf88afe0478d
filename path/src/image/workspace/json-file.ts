import { readFile, stat } from 'node:fs/promises';
import type { z } from 'zod';
import { UserMistake } from '../../core/failure.ts';
import type { Limit } from '../../core/limits.ts';
import { oneLine } from '../../core/one-line.ts';

/** What a JSON file has to be. */
export interface JsonForm<Schema extends z.ZodType> {
  readonly schema: Schema;
  readonly bytes: Limit;
  /** What it is no valid one of: `package.json`. */
  readonly noun: string;
  /** What to do where it is none. */
  readonly next: string;
  /** Is shown the file's bytes as they were read. */
  readonly seen?: (bytes: Uint8Array) => void;
}

/**
 * Reads a JSON file, a byte order mark or not. Undefined where it is not there. Throws UserMistake where it cannot be
 * read, is too large or is not as it has to be.
 */
export async function readJsonFile<Schema extends z.ZodType>(
  file: string,
  { schema, bytes, noun, next, seen }: JsonForm<Schema>,
): Promise<z.output<Schema> | undefined> {
  const wrong = (why: string, place: { readonly line?: number; readonly column?: number } = {}) =>
    new UserMistake({ what: `this is no valid ${noun}: ${oneLine(why)}`, where: { file, ...place }, next });
  let text: string;
  try {
    const { size } = await stat(file);
    if (size > bytes.most) throw wrong(`it has ${size} bytes, and no more than ${bytes.most} are read`);
    const content = await readFile(file);
    seen?.(content);
    text = content.toString('utf8').replace(/^\ufeff/, '');
  } catch (error) {
    if (error instanceof UserMistake) throw error;
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw wrong(code === 'EISDIR' ? 'it is a folder' : `it cannot be read (${code})`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong('it is no JSON', placeIn(error as Error));
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'it'} ${wordsOf(issue)}`);
  throw wrong(issues.join('; '));
}

/** V8 tells the place in some of its messages. */
function placeIn({ message }: Error): { readonly line?: number; readonly column?: number } {
  const [, line, column] = /\(line (\d+) column (\d+)\)/.exec(message) ?? [];
  return line === undefined ? {} : { line: Number(line), column: Number(column) };
}

function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return `is no ${nouns[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_union') return 'is of a kind or version that is not known';
  return 'is not as it may be';
}

const nouns: Readonly<Record<string, string>> = { string: 'text', record: 'object', array: 'list' };
