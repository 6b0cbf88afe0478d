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

/** What a table has now and would have afterwards. */
export interface TableLoss {
  readonly name: string;
  /** Rows; undefined: the table is not there. */
  readonly now?: number;
  readonly backup?: number;
  /** Rows that are there now and would not be: at least so many, since those that were altered are not counted. */
  readonly lost: number;
}

/** What tables would lose if they were as they are in a backup; those that are the same are left out. Pure. */
export function losses(now: readonly TableSum[], backup: readonly TableSum[]): readonly TableLoss[] {
  const names = [...new Set([...now, ...backup].map(({ name }) => name))].toSorted();
  return names.flatMap((name) => {
    const [before, after] = [now, backup].map((all) => all.find((one) => one.name === name));
    if (before?.rows === after?.rows && before?.sum === after?.sum) return [];
    return [
      {
        name,
        ...(before === undefined ? {} : { now: before.rows }),
        ...(after === undefined ? {} : { backup: after.rows }),
        lost: Math.max(0, (before?.rows ?? 0) - (after?.rows ?? 0)),
      },
    ];
  });
}
