/** A package that lies in a layer, as its own files tell. */
export type Found =
  | {
      readonly type: 'deb';
      readonly name: string;
      readonly version: string;
      readonly architecture: string;
      readonly source: string;
      readonly sourceVersion: string;
    }
  | { readonly type: 'npm'; readonly name: string; readonly version: string; readonly license?: string }
  | {
      readonly type: 'golang';
      readonly name: string;
      readonly version: string;
      /** `h1:` and base64 (go.sum), where the program tells it. */
      readonly sum?: string;
    }
  /** The distribution, from os-release(5). */
  | { readonly type: 'os'; readonly id: string; readonly version: string; readonly title: string };

/** What one layer says about packages. */
export interface LayerFacts {
  /** Path of a file that tells of packages → what it tells. */
  readonly found: Readonly<Record<string, readonly Found[]>>;
  /** Paths that this layer takes away from those below (OCI image spec 1.1, layer.md, "Whiteouts"). */
  readonly removed: readonly string[];
}

/** A package of an image and where in it the files are that tell of it. */
export type Placed = Found & { readonly places: readonly string[] };

/** The packages of an image: its layers, the lowest first, laid over one another. Pure. */
export function layered(layers: readonly LayerFacts[]): readonly Placed[] {
  const files = new Map<string, readonly Found[]>();
  for (const { found, removed } of layers) {
    for (const path of removed) {
      for (const there of [...files.keys()])
        if (there === path || there.startsWith(path === '' ? '' : `${path}/`)) files.delete(there);
    }
    for (const [path, packages] of Object.entries(found)) files.set(path, packages);
  }
  const placed = new Map<string, Found & { places: string[] }>();
  for (const [path, packages] of [...files].sort(([one], [other]) => (one < other ? -1 : 1))) {
    for (const one of packages) {
      const key = JSON.stringify([
        one.type,
        'name' in one ? one.name : one.id,
        one.version,
        architectureOf(one),
      ]);
      const there = placed.get(key);
      if (there === undefined) placed.set(key, { ...one, places: [path] });
      else there.places.push(path);
    }
  }
  return [...placed].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, one]) => one);
}

function architectureOf(one: Found): string {
  return one.type === 'deb' ? one.architecture : '';
}
