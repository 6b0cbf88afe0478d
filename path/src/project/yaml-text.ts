import { isAlias, isMap, isScalar, isSeq, LineCounter, type Pair, parseDocument } from 'yaml';
import type { Place, Problem } from '../core/failure.ts';
import { oneLine } from '../core/one-line.ts';
import { type Flaw, offsetOf, plainDocument } from './yaml-value.ts';
import { yamlWords } from './yaml-words.ts';

/** Keys and list positions from the top of the file to a value. */
export type Path = readonly (string | number)[];

/** A YAML file that was read, which can still tell where each value stands. */
export interface YamlText {
  readonly file: string;
  /** The content as plain values; undefined where the text is no YAML, or too much of it. */
  readonly value: unknown;
  /** What is wrong with the text itself. */
  readonly problems: readonly Problem[];
  /**
   * Where a path stands: its key, or its value. A path that the file does not have is placed at the nearest part
   * of it that is there.
   */
  place(path: Path, at: 'key' | 'value'): Place;
}

/** Reads YAML 1.2 (core schema). `file` is only for the places. */
export function readYaml(withMark: string, file: string): YamlText {
  // A byte order mark is no column.
  const text = withMark.replace(/^\ufeff/, '');
  const lines = new LineCounter();
  const position = (offset: number): Pick<Required<Place>, 'line' | 'column'> => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const options = {
    lineCounter: lines,
    prettyErrors: false,
    schema: 'core',
    resolveKnownTags: false,
  } as const;
  const document = parseDocument(text, { ...options, uniqueKeys: false });
  const errors = [...document.errors, ...document.warnings];
  // Whatever follows the end of the stack is a mere consequence.
  const deep = errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  const wrong = (deep === undefined ? errors : [deep]).map(({ code, pos }) => ({
    ...yamlWords[code],
    offset: pos[0],
  }));
  const readable = wrong.length === 0;
  const { value, flaws, targets, pairs } = readable
    ? plainDocument(document)
    : { value: undefined, flaws: [], targets: new Map(), pairs: new Map() };
  const problemOf = ({ what, next, offset }: Flaw): Problem => ({
    what: oneLine(what),
    where: { file, ...position(offset) },
    next,
  });

  const resolve = (node: unknown): unknown => (isAlias(node) ? targets.get(node) : node);
  const pairOf = (node: unknown, key: string | number): Pair | undefined => {
    const map = resolve(node);
    return isMap(map) ? pairs.get(map)?.get(String(key)) : undefined;
  };
  const place = (path: Path, at: 'key' | 'value'): Place => {
    let node: unknown = document.contents;
    let offset = offsetOf(node) ?? 0;
    for (const [depth, key] of path.entries()) {
      const list = resolve(node);
      if (isSeq(list) && typeof key === 'number') {
        node = list.items[key];
        offset = offsetOf(node) ?? offset;
        continue;
      }
      const pair = pairOf(node, key);
      if (pair === undefined) break;
      node = pair.value;
      const last = depth === path.length - 1;
      const keyOffset = offsetOf(pair.key) ?? offset;
      // The value of a map begins at its first key, which would point past the key that is meant.
      const pointAtValue = last && at === 'value' && (isScalar(node) || isAlias(node));
      offset = pointAtValue ? (offsetOf(node) ?? keyOffset) : keyOffset;
    }
    return { file, ...position(offset), key: oneLine(path.join('.')) };
  };
  return { file, value, problems: [...forbidden(text), ...wrong, ...flaws].map(problemOf), place };
}

// YAML 1.2, section 5.1: c-printable, less what no file of today has.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unprintable = /[\0-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/;

/** The first character that YAML does not allow; others of its kind are where it is. */
function forbidden(text: string): readonly Flaw[] {
  const offset = text.search(unprintable);
  if (offset === -1) return [];
  const code = (text.codePointAt(offset) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return [{ offset, what: `the file has the character U+${code}, which no text has`, next: 'Remove it.' }];
}
