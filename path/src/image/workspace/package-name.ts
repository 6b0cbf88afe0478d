/** The name of the package at a path of the lockfile or of node_modules. */
export function packageName(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** A place as people read it: `pg`, or `pg (in knex)` for a copy that belongs to another package or workspace. */
export function shownPlace(place: string): string {
  const [first = '', ...nested] = place.split(/\/?node_modules\//).filter(Boolean);
  return nested.length === 0 ? first : `${packageName(place)} (in ${first})`;
}

/** Whether npm may have a package of this name (`pg`, `@types/pg`); none leads to another folder than its own. */
export function isPackageName(name: string): boolean {
  const parts = name.startsWith('@') ? name.slice(1).split('/') : [name];
  if (parts.length !== (name.startsWith('@') ? 2 : 1)) return false;
  return parts.every((part) => /^[A-Za-z0-9_~(!*'-][\w.~()!*'-]*$/.test(part) && part !== 'node_modules');
}
