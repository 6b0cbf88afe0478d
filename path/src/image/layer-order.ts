import type { LayerEntry } from './layer.ts';

/** The order of paths in a layer: by UTF-16 code unit, so a folder comes before what is in it. */
export function comparePaths(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** The entries in the order that a layer needs. */
export function sortEntries<Entry extends { readonly path: string }>(entries: Iterable<Entry>): Entry[] {
  return [...entries].sort((one, other) => comparePaths(one.path, other.path));
}

const largestId = 0o777777; // what six octal digits of a ustar header hold
const permissions = 0o7777;

/** Checks a layer's entries one by one, in their order. */
export class LayerOrder {
  #last = '';
  readonly #files = new Set<string>();

  /** Throws TypeError where the entry may not come here. */
  check(entry: LayerEntry): void {
    const { path } = entry;
    checkPath(path);
    if (path === this.#last) throw new TypeError(`${path} is twice in one layer`);
    if (comparePaths(this.#last, path) > 0) {
      throw new TypeError(`layer entries are not sorted: ${path} comes after ${this.#last}`);
    }
    if (entry.uid > largestId || entry.gid > largestId) {
      throw new TypeError(`${path} belongs to ${entry.uid}:${entry.gid}; the largest id is ${largestId}`);
    }
    if (entry.mode < 1 || entry.mode > permissions) {
      throw new TypeError(`${path} has mode ${entry.mode.toString(8)}; it must be 1 to 7777`);
    }
    if (entry.kind === 'hardlink' && !this.#files.has(entry.target)) {
      throw new TypeError(`${path} is a hard link to ${entry.target}, which is no earlier file of the layer`);
    }
    if (entry.kind === 'file') this.#files.add(path);
    this.#last = path;
  }
}

function checkPath(path: string): void {
  if (path === '') throw new TypeError('a layer entry has no path');
  if (path.startsWith('/')) throw new TypeError(`${path} is absolute; paths in a layer begin below the root`);
  if (path.includes('\0') || path.includes('\n')) throw new TypeError(`${JSON.stringify(path)} is no path`);
  for (const part of path.split('/')) {
    if (part === '..' || part === '.' || part === '') {
      throw new TypeError(`${path} has a part "${part}"; paths in a layer are plain`);
    }
    if (part.startsWith('.wh.'))
      throw new TypeError(`${path} would delete a file of a lower layer (whiteout)`);
  }
}
