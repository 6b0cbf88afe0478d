/** Runs work, at most so many pieces at once; what comes later waits its turn. */
export type Limit = <T>(work: () => Promise<T>) => Promise<T>;

/** A limit of `size` pieces at once. Work that waits for other work under the same limit can wait forever. */
export function limit(size: number): Limit {
  let free = size;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
