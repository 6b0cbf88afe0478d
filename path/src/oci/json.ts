import type { z } from 'zod';

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
  } catch (error) {
    throw new TypeError(`the ${noun} is no JSON: ${(error as Error).message}`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new TypeError(`the ${noun} is not valid: ${issues.join('; ')}`);
}
