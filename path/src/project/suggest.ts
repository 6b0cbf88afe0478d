// Beyond these nobody is helped by a guess, and looking for it takes its time.
const mostCompared = 200;
const longestWord = 100;

/**
 * The candidate that was probably meant: the one with the fewest slips of the finger (a letter too many, too few,
 * wrong, or two swapped), as long as those are at most a third of the word. Letters' case does not count.
 * Returns undefined where nothing is near, because a wild guess misleads more than none.
 */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > longestWord) return undefined;
  const wanted = word.toLowerCase();
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of candidates.slice(0, mostCompared)) {
    const known = candidate.toLowerCase();
    const allowed = Math.max(1, Math.floor(Math.max(wanted.length, known.length) / 3));
    if (Math.abs(wanted.length - known.length) > allowed) continue;
    const distance = editDistance(wanted, known);
    if (distance <= allowed && distance < known.length && (best === undefined || distance < best.distance)) {
      best = { candidate, distance };
    }
  }
  return best?.candidate;
}

const mostListed = 20;

/** A sentence for "next": the guess where there is one, else all that is known. */
export function suggestion(word: string, candidates: readonly string[]): string {
  const guess = closest(word, candidates);
  if (guess !== undefined) return `Did you mean \`${guess}\`?`;
  if (candidates.length === 0) return `Remove \`${word}\`.`;
  const more = candidates.length > mostListed ? ', …' : '.';
  return `Known here: ${candidates.slice(0, mostListed).join(', ')}${more}`;
}

/** Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other. */
export function editDistance(from: string, to: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let least = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        least = Math.min(least, at(beforeLast, column - 2) + 1);
      }
      current.push(least);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
