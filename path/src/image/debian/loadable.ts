import { basename } from 'node:path';
import type { Tree } from './content.ts';
import { readDynamics } from './elf.ts';
import type { PackageEntry } from './unpack.ts';

/** What the dynamic loader will find, and what it won't. */
export interface Loadable {
  /** The names of all libraries, those of the layers below included. */
  readonly libraries: readonly string[];
  /** Libraries and modules that can't be loaded, each with what it lacks. */
  readonly left: ReadonlyMap<string, string>;
  /** What a just-in-time compiler would compile where there is none: of no use, and large. */
  readonly bitcode: ReadonlySet<string>;
  /** Programs that can't start, each with what it lacks. */
  readonly broken: ReadonlyMap<string, string>;
}

/**
 * Finds what can't be loaded because a library of it is in no package of the image, such as a just-in-time compiler's
 * module where the compiler's library was left out: PostgreSQL does without the module, but fails where it is there
 * and can't be loaded. What needs such a library can't be loaded either.
 */
export async function findLoadable(tree: Tree, below: readonly string[]): Promise<Loadable> {
  const dynamics = new Map<string, { readonly program: boolean; readonly needed: readonly string[] }>();
  const libraries = new Set(below);
  const aliases = new Map<string, string>();
  for (const [path, entry] of tree) {
    if (path.startsWith('usr/lib') && (entry.kind === 'file' || entry.kind === 'symlink'))
      libraries.add(basename(path));
    if (entry.kind === 'symlink') aliases.set(path, basename(entry.target));
    if (entry.kind !== 'file' || entry.size < 64) continue;
    const found = await readDynamics(entry.at);
    if (found !== undefined) dynamics.set(path, found);
  }
  const left = new Map<string, string>();
  const broken = new Map<string, string>();
  for (let before = -1; before !== left.size; ) {
    before = left.size;
    for (const [path, { program, needed }] of dynamics) {
      const missing = needed.find((name) => !libraries.has(name));
      if (missing === undefined || left.has(path)) continue;
      if (program) {
        broken.set(path, missing);
        continue;
      }
      left.set(path, missing);
      libraries.delete(basename(path));
      for (const [alias, target] of aliases) {
        if (target !== basename(path)) continue;
        left.set(alias, missing);
        libraries.delete(basename(alias));
      }
    }
  }
  const bitcode = new Set<string>();
  if (![...libraries].some((name) => name.startsWith('libLLVM'))) {
    for (const [path, entry] of tree) if (await isBitcode(path, entry)) bitcode.add(path);
  }
  return { libraries: [...libraries].filter((name) => name.includes('.so')), left, bitcode, broken };
}

async function isBitcode(path: string, entry: PackageEntry): Promise<boolean> {
  if (entry.kind !== 'file' || !path.endsWith('.bc')) return false;
  return Buffer.from(await entry.at(0, 4)).toString('latin1') === 'BC\xc0\xde';
}
