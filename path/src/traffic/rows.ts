import { isRow } from '../core/data-interface.ts';
import type { Seen } from './send.ts';

/** Rows that the system has acknowledged. */
export interface Rows {
  readonly acknowledged: number;
  keep(path: string): void;
  /** The path of one of them, in turn; undefined before the first. */
  next(): string | undefined;
  /** Asks for each again, or for `most` of them, spread over all. */
  check(read: (path: string) => Promise<Seen>, most?: number): Promise<RowsLeft>;
}

/** What was left of the rows. */
export interface RowsLeft {
  readonly checked: number;
  readonly missing: number;
  /** Those that got no answer, or one that says nothing about the row. */
  readonly unread: number;
}

/** How many rows are asked for at the same time. */
const together = 8;

/** How often a row is asked for that is not answered. */
const attempts = 4;

export function acknowledgedRows(): Rows {
  const paths: string[] = [];
  let asked = 0;
  return {
    get acknowledged() {
      return paths.length;
    },
    keep: (path) => void paths.push(path),
    next: () => (paths.length === 0 ? undefined : paths[asked++ % paths.length]),
    async check(read, most = 1000) {
      const step = Math.max(1, paths.length / most);
      const chosen = Array.from(
        { length: Math.min(most, paths.length) },
        (_, index) => paths[Math.floor(index * step)] ?? '',
      );
      const counts = { there: 0, missing: 0, unread: 0 };
      const left = chosen.values();
      const work = async () => {
        for (const path of left) counts[await stateOf(path, read)] += 1;
      };
      await Promise.all(Array.from({ length: together }, work));
      return { checked: chosen.length, missing: counts.missing, unread: counts.unread };
    },
  };
}

/** Only an answer says that a row is gone; where none comes, it is asked again. */
async function stateOf(
  path: string,
  read: (path: string) => Promise<Seen>,
): Promise<'there' | 'missing' | 'unread'> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const seen = await read(path).catch(() => undefined);
    if (seen?.status === 200) return isRow(seen.body, path) ? 'there' : 'missing';
    if (seen?.status === 404 || seen?.status === 410) return 'missing';
    await new Promise((resolve) => setTimeout(resolve, 100 * attempt));
  }
  return 'unread';
}
