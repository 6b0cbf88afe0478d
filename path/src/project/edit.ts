import { diff } from 'node:util';
import { isMap, isNode, isScalar, type Pair, parseDocument, stringify, type YAMLMap } from 'yaml';

/** A key of ptp.yaml, by its path, and what it is to say. */
export interface Edit {
  readonly path: readonly string[];
  readonly value: string | number | Readonly<Record<string, string | number>>;
}

/** A line of a text that differs from another: whether it goes or comes, and what it says. */
export interface LineChange {
  readonly change: 'goes' | 'comes';
  /** From 1: in the text before where it goes, in the text after where it comes. */
  readonly line: number;
  readonly text: string;
}

/**
 * ptp.yaml with some keys saying something else; all that is not edited stays as it is written, byte by byte. Pure.
 * @throws Error where the text is no YAML, or an edit's place is no place for a key: whoever edits has loaded it before
 */
export function edited(text: string, edits: readonly Edit[]): string {
  return edits.reduce((before, { path, value }) => withKey(before, path, value), text);
}

function withKey(text: string, path: readonly string[], value: Edit['value']): string {
  const document = parseDocument(text);
  if (document.errors.length > 0 || !isMap(document.contents)) throw new Error('it was loaded before');
  const there = document.getIn(path, true);
  if (typeof value === 'object' && isMap(there))
    return edited(
      text,
      Object.entries(value).map(([key, part]) => ({ path: [...path, key], value: part })),
    );
  if (isScalar(there) && there.range && there.value !== null)
    return spliced(text, there.range[0], there.range[1], words(value));
  // The deepest map on the way that is there gets what is left of the path.
  const depth = path.findLastIndex((_, index) => isMap(document.getIn(path.slice(0, index), true)));
  const map = document.getIn(path.slice(0, depth), true);
  if (!isMap(map)) throw new Error(`${path.join('.')} is no place for a key`);
  return map.flow === true
    ? inFlow(text, map, path.slice(depth), value)
    : inBlock(text, map, path.slice(depth), value);
}

/** A key more, at the end of a map in braces. */
function inFlow(text: string, map: YAMLMap, keys: readonly string[], value: Edit['value']): string {
  const [key, ...below] = keys;
  const inner = below.reduceRight((part, name) => `{ ${name}: ${part} }`, words(value));
  const end = (map.range?.[1] ?? 0) - 1;
  const start = text.slice(0, end).trimEnd().length;
  const comma = map.items.length === 0 || text[start - 1] === ',' ? ' ' : ', ';
  return spliced(text, start, end, `${comma}${key}: ${inner} `);
}

/** Lines more, behind the last of a map, or behind the key that nothing stands behind. */
function inBlock(text: string, map: YAMLMap, keys: readonly string[], value: Edit['value']): string {
  const empty = map.items.find(({ key }) => isScalar(key) && key.value === keys[0]);
  const [left, beside] = empty === undefined ? [keys, map.items.at(-1)] : [keys.slice(1), empty];
  const first = map.items[0]?.key;
  const column = isScalar(first) ? columnOf(text, first.range?.[0] ?? 0) : 0;
  const indent = column + (empty === undefined ? 0 : 2);
  if (empty !== undefined && left.length === 0) {
    const end = isScalar(empty.key) ? text.indexOf(':', empty.key.range?.[1]) + 1 : 0;
    return spliced(text, end, end, ` ${words(value)}`);
  }
  const lines = left.map((key, index) => {
    const last = index === left.length - 1 ? ` ${words(value)}` : '';
    return `${' '.repeat(indent + 2 * index)}${key}:${last}\n`;
  });
  const newline = text.indexOf('\n', endOf(beside, text));
  return newline === -1
    ? `${text}\n${lines.join('')}`
    : spliced(text, newline + 1, newline + 1, lines.join(''));
}

/** Where what a pair says ends, before any comment behind it. */
function endOf(pair: Pair | undefined, text: string): number {
  const value = pair?.value;
  if (isMap(value) && value.flow !== true && value.items.length > 0) return endOf(value.items.at(-1), text);
  const range = (isNode(value) ? value.range : undefined) ?? (isNode(pair?.key) ? pair.key.range : undefined);
  // A text of several lines, and a list in lines, end with the line's end.
  return text.slice(0, range?.[1] ?? 0).trimEnd().length;
}

function columnOf(text: string, at: number): number {
  return at - (text.lastIndexOf('\n', at - 1) + 1);
}

function words(value: Edit['value']): string {
  if (typeof value !== 'object') return stringify(value).trimEnd();
  return `{ ${Object.entries(value)
    .map(([key, part]) => `${key}: ${words(part)}`)
    .join(', ')} }`;
}

function spliced(text: string, from: number, to: number, instead: string): string {
  return `${text.slice(0, from)}${instead}${text.slice(to)}`;
}

/** The lines in which two texts differ, in their order. Pure. */
export function lineChanges(before: string, after: string): readonly LineChange[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const at = { goes: 0, comes: 0 };
  return operations(old, now).flatMap(({ change, text }) => {
    if (change !== 'comes') at.goes += 1;
    if (change !== 'goes') at.comes += 1;
    return change === 'stays' ? [] : [{ change, line: at[change], text }];
  });
}

function operations(before: readonly string[], after: readonly string[]) {
  // Node.js tells what is in the first text alone by 1, and what is in the second alone by -1.
  const words = { '1': 'goes', '0': 'stays', '-1': 'comes' } as const;
  return diff([...before], [...after]).map(([operation, text]) => ({
    change: words[`${operation}` as keyof typeof words],
    text,
  }));
}
