/** Numbers from 0 (inclusive) to 1 (exclusive); the same ones for the same seed (mulberry32). */
export type Random = () => number;

/** A source of numbers that a seed decides. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of several. Throws where there is none. */
export function oneOf<T>(random: Random, all: readonly T[]): T {
  const found = all[Math.floor(random() * all.length)];
  if (found === undefined) throw new Error('nothing to choose from');
  return found;
}

/** Half of a list, in its order. */
export function halfOf<T>(random: Random, all: readonly T[]): readonly T[] {
  const drawn = all.map((one, index) => ({ one, index, lot: random() }));
  return drawn
    .sort((one, other) => one.lot - other.lot)
    .slice(0, Math.floor(all.length / 2))
    .sort((one, other) => one.index - other.index)
    .map(({ one }) => one);
}
