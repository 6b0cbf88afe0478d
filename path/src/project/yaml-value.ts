import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { limits } from '../core/limits.ts';

/** What is wrong with a part of a document, by its place in the text. */
export interface Flaw {
  /** UTF-16 code units from the text's beginning. */
  readonly offset: number;
  readonly what: string;
  readonly next: string;
}

/** A document as plain values, with what is needed to find the places of their parts again. */
export interface PlainDocument {
  /** Undefined where it cannot be taken as a whole. */
  readonly value: unknown;
  readonly flaws: readonly Flaw[];
  /** What an alias stands for. */
  readonly targets: ReadonlyMap<Alias, unknown>;
  /** The pairs of a map by their keys as text. */
  readonly pairs: ReadonlyMap<YAMLMap, ReadonlyMap<string, Pair>>;
}

/** Where a node begins; undefined for what is not in the text. */
export function offsetOf(node: unknown): number | undefined {
  const range: unknown =
    typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : undefined;
}

/**
 * Turns a parsed document into texts, numbers, booleans, nulls, lists and maps. The library's own conversion throws at
 * an alias without anchor, stops at a hundred aliases whatever they stand for, and drops keys of the same name.
 */
export function plainDocument(document: Document): PlainDocument {
  const reader = new Reader();
  try {
    return { ...reader.result, value: reader.value(document.contents, 0) };
  } catch (error) {
    if (error instanceof TooMuch) return { ...reader.result, value: undefined };
    throw error;
  }
}

/** Ends the reading; what is wrong was noted. */
class TooMuch extends Error {}

interface Known {
  readonly value: unknown;
  /** How many values it stands for, those behind aliases included. */
  readonly size: number;
}

class Reader {
  readonly #flaws: Flaw[] = [];
  readonly #targets = new Map<Alias, unknown>();
  readonly #pairs = new Map<YAMLMap, ReadonlyMap<string, Pair>>();
  readonly #anchors = new Map<string, unknown>();
  readonly #known = new Map<unknown, Known>();
  #size = 0;

  get result(): Omit<PlainDocument, 'value'> {
    return { flaws: this.#flaws, targets: this.#targets, pairs: this.#pairs };
  }

  value(node: unknown, depth: number): unknown {
    if (depth > limits.project.depth.most) {
      throw this.#tooMuch(
        node,
        'lists and maps are inside each other too deeply',
        'Look for a bracket too many.',
      );
    }
    this.#grow(node, 1);
    if (isAlias(node)) return this.#behind(node);
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    // Known by its name from here on, so that what contains itself is seen.
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    const before = this.#size;
    const value = isMap(node)
      ? this.#map(node, depth)
      : isSeq(node)
        ? this.#list(node, depth)
        : this.#scalar(node);
    if (anchor !== undefined) this.#known.set(node, { value, size: this.#size - before + 1 });
    return value;
  }

  #behind(alias: Alias): unknown {
    const target = this.#anchors.get(alias.source);
    if (target === undefined) {
      this.#flaw(alias, `nothing before it has the anchor &${alias.source}`, 'Write what is meant.');
      return null;
    }
    const known = this.#known.get(target);
    if (known === undefined) {
      this.#flaw(alias, `*${alias.source} stands for what it is a part of`, 'Write what is meant.');
      return null;
    }
    this.#targets.set(alias, target);
    this.#grow(alias, known.size);
    return known.value;
  }

  #map(map: YAMLMap, depth: number): Readonly<Record<string, unknown>> {
    const pairs = new Map<string, Pair>();
    const entries: [string, unknown][] = [];
    this.#pairs.set(map, pairs);
    for (const pair of map.items) {
      const key = this.#key(pair, depth);
      const value = this.value(pair.value, depth + 1);
      if (key === undefined) continue;
      if (pairs.has(key)) {
        this.#flaw(pair.key, `the key \`${key}\` is there twice`, 'Keep one of the two.');
        continue;
      }
      pairs.set(key, pair);
      entries.push([key, value]);
    }
    return Object.fromEntries(entries);
  }

  #key(pair: Pair, depth: number): string | undefined {
    const at = this.value(pair.key, depth + 1);
    const node = isAlias(pair.key) ? this.#targets.get(pair.key) : pair.key;
    if (!isScalar(node)) {
      this.#flaw(pair.key, 'a key is a list or a map', 'Write a word before the colon.');
      return undefined;
    }
    // As it is written: the number 1.0 would become 1.
    const key = typeof at === 'string' ? at : (node.source ?? String(at));
    if (key !== '__proto__') return key;
    this.#flaw(pair.key, '`__proto__` can be no key', 'Call it otherwise.');
    return undefined;
  }

  #list(list: YAMLSeq, depth: number): readonly unknown[] {
    return list.items.map((item) => this.value(item, depth + 1));
  }

  #scalar(node: unknown): unknown {
    const value: unknown = isScalar(node) ? node.value : null;
    if (typeof value === 'string') {
      if (value.includes('\0')) this.#flaw(node, 'a text has the character NUL (\\0)', 'Remove it.');
      if (!value.isWellFormed()) this.#flaw(node, 'a text has half a character (\\ud8…)', 'Write it whole.');
      return value;
    }
    if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
    this.#flaw(node, 'a value is no text, number or true or false', 'Put it in quotes.');
    return null;
  }

  #grow(node: unknown, by: number): void {
    this.#size += by;
    const { most } = limits.project.values;
    if (this.#size <= most) return;
    throw this.#tooMuch(
      node,
      `the file stands for more than ${most} values`,
      'Split the system, or use fewer aliases.',
    );
  }

  #tooMuch(node: unknown, what: string, next: string): TooMuch {
    this.#flaw(node, what, next);
    return new TooMuch();
  }

  #flaw(node: unknown, what: string, next: string): void {
    this.#flaws.push({ offset: offsetOf(node) ?? 0, what, next });
  }
}
