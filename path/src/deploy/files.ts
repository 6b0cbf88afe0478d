import { hashOf } from '../kubernetes/hash.ts';
import type { Component } from '../project/project.ts';

/** A component's files as a ConfigMap's content, and where each goes. */
export interface FilesMap {
  /** Ends in a hash of the content: another content is another map, so the pods of the version before keep theirs. */
  readonly name: string;
  readonly data: Readonly<Record<string, string>>;
  /** Path in the container → key in `data`. */
  readonly keys: Readonly<Record<string, string>>;
}

/** The map of a component's files; undefined where it has none. */
export function filesMap(component: Component): FilesMap | undefined {
  const files = Object.entries(component.files).sort(([one], [other]) => (one < other ? -1 : 1));
  if (files.length === 0) return undefined;
  // Two paths can look alike once their slashes are gone, hence the number.
  const keyed = files.map(([path, content], index) => {
    const key = `${index}-${path.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^-/, '')}`.slice(0, 253);
    return { path, key, content };
  });
  return {
    name: `${component.name}-files-${hashOf(component.files)}`,
    data: Object.fromEntries(keyed.map(({ key, content }) => [key, content])),
    keys: Object.fromEntries(keyed.map(({ path, key }) => [path, key])),
  };
}
