/** A table's name with its schema's, how many rows it has, and a sum over them. */
export interface TableSum {
  readonly name: string;
  readonly rows: number;
  readonly sum: string;
}

/** Reads lines `schema.table|rows|sum`. Throws TypeError for what is none. */
export function parseTables(text: string): readonly TableSum[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const found = /^(.+)\|(\d+)\|(-?\d+)$/.exec(line);
      const [, name, rows, sum] = found ?? [];
      if (name === undefined || sum === undefined)
        throw new TypeError(`no table's sum: ${line.slice(0, 80)}`);
      return { name, rows: Number(rows), sum };
    });
}

/** In what tables differ from what is expected, in words; none where they are the same. */
export function differences(expected: readonly TableSum[], found: readonly TableSum[]): readonly string[] {
  const names = [...new Set([...expected, ...found].map(({ name }) => name))].toSorted();
  return names.flatMap((name) => {
    const [before, after] = [expected, found].map((all) => all.find((one) => one.name === name));
    if (before === undefined) return [`${name} was not backed up`];
    if (after === undefined) return [`${name} is missing`];
    if (before.rows !== after.rows) return [`${name} has ${after.rows} rows, not ${before.rows}`];
    return before.sum === after.sum ? [] : [`${name} has other rows`];
  });
}
