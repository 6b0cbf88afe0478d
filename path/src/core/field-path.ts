/** Steps of a field's path: a key, or the entry of a list by its position (`0`) or by one of its keys (`name=http`). */
export type PathPart = { readonly key: string } | { readonly entry: string };

/**
 * The parts of a path as `ptp explain` takes it: `.spec.containers[0].resources`, `.metadata.labels['a/b']`,
 * `.spec.ports[name=http]`. Undefined where the text is none.
 */
export function pathParts(text: string): readonly PathPart[] | undefined {
  const parts: PathPart[] = [];
  let rest = text.startsWith('.') || text.startsWith('[') ? text : `.${text}`;
  while (rest !== '' && rest !== '.') {
    const match = /^(?:\.([^.[\]]+)|\['([^']*)'\]|\[([^\]]+)\])/.exec(rest);
    if (match === null) return undefined;
    const [all, plain, quoted, entry] = match;
    const key = plain ?? quoted;
    parts.push(key === undefined ? { entry: entry ?? '' } : { key });
    rest = rest.slice(all.length);
  }
  return parts;
}

/** The value at a path; undefined where there is none. Pure. */
export function valueAt(value: unknown, parts: readonly PathPart[]): unknown {
  let here: unknown = value;
  for (const part of parts) {
    if ('key' in part) {
      if (typeof here !== 'object' || here === null || Array.isArray(here)) return undefined;
      here = (here as Readonly<Record<string, unknown>>)[part.key];
      continue;
    }
    if (!Array.isArray(here)) return undefined;
    const [, key, wanted] = /^([^=]+)=(.*)$/.exec(part.entry) ?? [];
    here =
      key === undefined
        ? here[Number(part.entry)]
        : here.find((entry: unknown) => String(valueAt(entry, [{ key }])) === wanted);
  }
  return here;
}
