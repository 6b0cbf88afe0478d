import type { z } from 'zod';
import { oneLine } from '../core/one-line.ts';

const mostTold = 5;

/** A value as JSON in UTF-8 with the keys of every object sorted, so that equal values have equal bytes. */
export function canonicalJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(sorted(value)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  entries.sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, sorted(member)]));
}

/** Reads a JSON document; what is null counts as absent. Throws TypeError with everything that is wrong with it. */
export function readDocument<Schema extends z.ZodType>(
  bytes: Uint8Array,
  schema: Schema,
  noun: string,
): z.infer<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'), (_key, member) => member ?? undefined);
  } catch {
    throw new TypeError(`the ${noun} is no JSON`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const first = issues
    .slice(0, mostTold)
    .map((issue) => `${issue.path.join('.') || 'it'}: ${wordsOf(issue)}`);
  const more = issues.length > mostTold ? `; and ${issues.length - mostTold} more` : '';
  throw new TypeError(oneLine(`the ${noun} is not valid: ${first.join('; ')}`, 400) + more);
}

function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'custom') return issue.message;
  if (issue.code === 'invalid_value') return `not ${issue.values.map(String).join(' or ')}`;
  return 'expected' in issue ? `no ${issue.expected}` : 'not as it may be';
}
