import type { z } from 'zod';
import type { Finding } from './finding.ts';
import { editorSchema, partSchemas, projectSchema } from './schema.ts';
import { closest, suggestion } from './suggest.ts';
import type { Path } from './yaml-text.ts';

type Issue = z.core.$ZodIssue;

/** Everything the schema has against a file's content, in words for the person who wrote it. */
export function findingsOf(value: unknown): readonly Finding[] {
  const parsed = projectSchema.safeParse(value);
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue) => [
    ...fromIssue(issue, value),
    // Zod leaves an entry alone once its name is wrong; what is wrong inside is to be told in the same go.
    ...(issue.code === 'invalid_key' ? insideOf(issue, value) : []),
  ]);
}

function insideOf(issue: Issue, value: unknown): readonly Finding[] {
  const [section] = issue.path;
  const schema = issue.path.length === 2 ? partSchemas[String(section)] : undefined;
  const parsed = schema?.safeParse(valueAt(value, toPath(issue.path)));
  if (parsed === undefined || parsed.success) return [];
  return parsed.error.issues.flatMap((inner) =>
    fromIssue({ ...inner, path: [...issue.path, ...inner.path] }, value),
  );
}

/** What else is wrong with a target whose `cluster` is misspelt, taking it for the one that was probably meant. */
function underGuess(issue: Issue, value: unknown): readonly Finding[] {
  const path = issue.path.slice(0, -1);
  const [section] = path;
  const found = valueAt(value, toPath(issue.path));
  const guess = typeof found === 'string' ? closest(found, optionsOf(issue)) : undefined;
  const target = valueAt(value, toPath(path));
  if (guess === undefined || path.length !== 2 || typeof target !== 'object') return [];
  const parsed = partSchemas[String(section)]?.safeParse({ ...target, cluster: guess });
  if (parsed === undefined || parsed.success) return [];
  return parsed.error.issues.flatMap((inner) =>
    fromIssue({ ...inner, path: [...path, ...inner.path] }, value),
  );
}

function fromIssue(issue: Issue, value: unknown): readonly Finding[] {
  // Beside the range of the key, which says what is allowed, Zod tells of numbers that JavaScript cannot hold.
  if ((issue.code === 'too_big' || issue.code === 'too_small') && 'note' in issue) return [];
  const path = toPath(issue.path);
  const found = valueAt(value, path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(path, value);
      return issue.keys.map((key) => ({
        path: [...path, key],
        at: 'key',
        what: `\`${key}\` is no key of ${place(path)}`,
        next: suggestion(key, known),
      }));
    }
    case 'invalid_key': {
      const inner = issue.issues[0]?.message ?? 'is no name';
      return [{ path, at: 'key', ...worded(String(path.at(-1)), inner) }];
    }
    case 'invalid_type':
      return [wrongType(issue.expected, path, found)];
    case 'invalid_value':
      return [notOneOf(issue.values.map(String), path, found)];
    case 'invalid_union':
      // A choice without a key that tells which is meant says itself what is wrong.
      if (optionsOf(issue).length === 0)
        return found === null
          ? [wrongType('number', path, found)]
          : [{ path, at: 'value', ...worded(shown(found), issue.message) }];
      return [notOneOf(optionsOf(issue), path, found), ...underGuess(issue, value)];
    default:
      return [{ path, at: 'value', ...worded(shown(found), issue.message) }];
  }
}

function wrongType(expected: string, path: Path, found: unknown): Finding {
  const key = String(path.at(-1) ?? '');
  if (found === undefined) {
    const next = `Add \`${key}:\`, ${described(expected)}.`;
    return { path, at: 'key', what: `${place(path.slice(0, -1))} has no \`${key}\``, next };
  }
  if (found === null) {
    return {
      path,
      at: 'key',
      what: path.length === 0 ? 'the file is empty' : `\`${key}\` is empty`,
      next: `Give it ${described(expected)}, or remove it.`,
    };
  }
  if (typeof found === 'number' && !Number.isFinite(found)) {
    return {
      path,
      at: 'value',
      what: `\`${key}\` is ${found}, which is no number to use`,
      next: 'Write a number.',
    };
  }
  const what = `\`${key}\` is ${kindOf(found)}, not ${described(expected)}`;
  return { path, at: 'value', what, next: correction(expected, found) };
}

/** How to write what was probably meant. */
function correction(expected: string, found: unknown): string {
  if (expected === 'string' && (typeof found === 'number' || typeof found === 'boolean')) {
    return `Put it in quotes: "${found}"`;
  }
  if (expected === 'array' && typeof found === 'string') {
    return `Write it as a list: ${JSON.stringify(found.split(/\s+/).filter(Boolean))}`;
  }
  if ((expected === 'int' || expected === 'number') && typeof found === 'string' && /^\d+$/.test(found)) {
    return `Write it without quotes: ${Number(found)}`;
  }
  if (expected === 'int' && typeof found === 'number') return `Write ${Math.round(found)}.`;
  return `Write ${described(expected)}.`;
}

function notOneOf(options: readonly string[], path: Path, found: unknown): Finding {
  const key = String(path.at(-1) ?? '');
  if (found === undefined) {
    const next = `Add \`${key}:\` with one of: ${options.join(', ')}.`;
    return { path, at: 'key', what: `${place(path.slice(0, -1))} has no \`${key}\``, next };
  }
  return {
    path,
    at: 'value',
    what: `\`${key}\` cannot be ${shown(found)}`,
    next: typeof found === 'string' ? suggestion(found, options) : `Write one of: ${options.join(', ')}.`,
  };
}

function optionsOf(issue: Issue): readonly string[] {
  return 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
}

function worded(subject: string, message: string): { readonly what: string; readonly next: string } {
  const [what = '', next = 'Mend it.'] = message.split('\n');
  return { what: `${subject} ${what}`.trim(), next };
}

/** A part of the file as a reader calls it. */
function place(path: Path): string {
  return path.length === 0 ? 'ptp.yaml' : `\`${path.join('.')}\``;
}

/** A value, short enough for a line. */
function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) return kindOf(value);
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'empty';
  return (
    { string: 'a text', number: 'a number', boolean: 'true or false', object: 'a map of keys' }[
      typeof value as string
    ] ?? 'something else'
  );
}

function described(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    string: 'a text',
    int: 'a whole number',
    number: 'a number',
    array: 'a list',
    object: 'a map of keys',
    record: 'a map of keys',
    boolean: 'true or false',
  };
  return words[expected] ?? expected;
}

function toPath(path: readonly PropertyKey[]): Path {
  return path.map((part) => (typeof part === 'number' ? part : String(part)));
}

function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Readonly<Record<string | number, unknown>>)[key];
  }
  return current;
}

let remembered: Shape | undefined;

/** Making the JSON Schema takes a millisecond, and there may be thousands of wrong keys. */
function shape(): Shape {
  remembered ??= editorSchema() as Shape;
  return remembered;
}

/** The keys that may stand at a path, read from the JSON Schema; of alternatives, the one the file chose. */
function keysAt(path: Path, value: unknown): readonly string[] {
  let schema: Shape = shape();
  for (const [depth, key] of path.entries()) {
    const next: Shape | undefined =
      schema.properties?.[String(key)] ?? schema.additionalProperties ?? schema.items;
    if (typeof next !== 'object') return [];
    schema = next;
    if (schema.oneOf !== undefined) {
      const chosen = valueAt(value, [...path.slice(0, depth + 1), 'cluster']);
      schema = schema.oneOf.find((option) => option.properties?.cluster?.const === chosen) ?? {};
    }
  }
  return Object.keys(schema.properties ?? {});
}

/** The little of JSON Schema that `keysAt` walks. */
interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly additionalProperties?: Shape;
  readonly items?: Shape;
  readonly oneOf?: readonly Shape[];
  readonly const?: unknown;
}
