import { posix } from 'node:path';
import { UserMistake } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Closure } from './closure.ts';

/**
 * Where each package goes when a workspace becomes a folder of its own: path below that folder → path in the
 * lockfile. A lockfile spreads an application over two places, the root's node_modules and its own; both become
 * one node_modules. Where they hold different versions of a package, the application's own one takes the place, and
 * whoever needs the other gets a copy beneath itself. Pure.
 *
 * Workspaces that the application needs are placed like packages (`node_modules/@hello/shared`).
 */
export function placePackages(closure: Closure, workspace: string): ReadonlyMap<string, string> {
  const placed = new Map<string, string>([['', workspace]]);
  const names = localNames(closure);
  const natural = [...closure.edges.keys()].map((path) => ({
    path,
    to: naturalPlace(path, workspace, names),
  }));
  // The application's own packages first: they decide what its files import.
  const own = natural.filter(({ path }) => !path.startsWith('node_modules/'));
  const hoisted = natural.filter(({ path }) => path.startsWith('node_modules/'));
  for (const { path, to } of own) placed.set(to, path);
  const taken = new Set(placed.keys());
  for (const { path, to } of hoisted) if (!isBelowTaken(to, taken)) placed.set(to, path);

  const queue = [...placed].sort(([one], [other]) => (one < other ? -1 : 1));
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [place, path] = next;
    if (placed.size > limits.node.places.most) throw tooMany();
    for (const [name, wanted] of closure.edges.get(path) ?? []) {
      if (lookUp(placed, place, name) === wanted) continue;
      const beneath = posix.join(place, 'node_modules', name);
      placed.set(beneath, wanted);
      queue.push([beneath, wanted]);
    }
  }
  check(placed, closure);
  placed.delete('');
  return new Map([...placed].sort(([one], [other]) => (one < other ? -1 : 1)));
}

function tooMany(): UserMistake {
  return new UserMistake({
    what: `its packages need more than ${limits.node.places.most} places, since they need each other in many versions`,
    where: { file: 'package-lock.json' },
    next: 'Run `npm dedupe` and commit package-lock.json.',
  });
}

/** Workspaces by path, with the name that their dependents use. */
function localNames(closure: Closure): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const resolved of closure.edges.values()) {
    for (const [name, path] of resolved) if (closure.locals.has(path)) names.set(path, name);
  }
  return names;
}

function naturalPlace(path: string, workspace: string, names: ReadonlyMap<string, string>): string {
  if (path === workspace) return '';
  const inner =
    workspace === '' ? path : path.startsWith(`${workspace}/`) ? path.slice(workspace.length + 1) : path;
  if (inner.startsWith('node_modules/')) return inner;
  for (const [local, name] of names) {
    if (path === local) return posix.join('node_modules', name);
    if (path.startsWith(`${local}/node_modules/`))
      return posix.join('node_modules', name, path.slice(local.length + 1));
  }
  return inner;
}

/** Whether a place, or the package that it is nested in, is another's. */
function isBelowTaken(place: string, taken: ReadonlySet<string>): boolean {
  const parts = place.split(/(?<=.)\/(?=node_modules\/)/);
  return parts.some((_, index) => taken.has(parts.slice(0, index + 1).join('/')));
}

function lookUp(placed: ReadonlyMap<string, string>, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = posix.dirname(folder)) {
    const above = folder === '.' ? '' : folder;
    const found =
      posix.basename(above) === 'node_modules'
        ? undefined
        : placed.get(posix.join(above, 'node_modules', name));
    if (found !== undefined) return found;
    if (above === '') return undefined;
  }
}

function check(placed: ReadonlyMap<string, string>, closure: Closure): void {
  for (const [place, path] of placed) {
    for (const [name, wanted] of closure.edges.get(path) ?? []) {
      if (lookUp(placed, place, name) !== wanted)
        throw new Error(`${place} would not find ${name} (${wanted})`);
    }
  }
}
