import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
} from 'yaml';
import type { Place, Problem } from '../core/failure.ts';

/** Keys and list positions from the top of the file to a value. */
export type Path = readonly (string | number)[];

/** A YAML file that was read, which can still tell where each value stands. */
export interface YamlText {
  readonly file: string;
  /** The content as plain values; undefined where the text is no YAML. */
  readonly value: unknown;
  /** What is wrong with the text itself. */
  readonly problems: readonly Problem[];
  /**
   * Where a path stands: its key, or its value. A path that the file does not have is placed at the nearest part
   * of it that is there.
   */
  place(path: Path, at: 'key' | 'value'): Place;
}

/** Reads YAML 1.2. `file` is only for the places. */
export function readYaml(text: string, file: string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const position = (offset: number): Pick<Required<Place>, 'line' | 'column'> => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const problems = [...document.errors, ...document.warnings].map((error) => ({
    what: error.message,
    where: { file, ...position(error.pos[0]) },
    next:
      nextSteps[error.code] ??
      'Mend the YAML there or in the line above; indent by two spaces, never by tabs.',
  }));

  const resolve = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
  const pairOf = (node: unknown, key: string | number): Pair | undefined => {
    const map = resolve(node);
    return isMap(map) ? map.items.find((pair) => keyText(pair) === String(key)) : undefined;
  };
  const place = (path: Path, at: 'key' | 'value'): Place => {
    let node: unknown = document.contents;
    let offset = start(node) ?? 0;
    for (const [depth, key] of path.entries()) {
      const list = resolve(node);
      if (isSeq(list) && typeof key === 'number') {
        node = list.items[key];
        offset = start(node) ?? offset;
        continue;
      }
      const pair = pairOf(node, key);
      if (pair === undefined) break;
      node = pair.value;
      const last = depth === path.length - 1;
      const keyOffset = start(pair.key) ?? offset;
      // The value of a map begins at its first key, which would point past the key that is meant.
      const pointAtValue = last && at === 'value' && (isScalar(node) || isAlias(node));
      offset = pointAtValue ? (start(node) ?? keyOffset) : keyOffset;
    }
    return { file, ...position(offset), key: path.join('.') };
  };

  let value: unknown;
  if (problems.length === 0) value = document.toJS();
  return { file, value, problems, place };
}

const nextSteps: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'Keep one of the two.',
  MULTIPLE_DOCS: 'Keep one document: remove the line ---.',
  TAB_AS_INDENT: 'Indent by spaces.',
};

function start(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

function keyText(pair: unknown): string | undefined {
  return isPair(pair) && isScalar(pair.key) ? String(pair.key.value) : undefined;
}
