/** `26 Nov, 13:05` in the reader's time zone where there is one, else UTC. */
export function moment(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

/** `4.2 s`, `3 min`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** `512 KiB`, `51 MiB`. */
export function size(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  if (mebibytes >= 1024) return `${(mebibytes / 1024).toFixed(1)} GiB`;
  return mebibytes >= 1 ? `${Math.round(mebibytes)} MiB` : `${Math.round(bytes / 1024)} KiB`;
}

/** `2.4 ms`, `31 ms`, `1.8 s`. */
export function milliseconds(value: number): string {
  if (value >= 1000) return duration(value / 1000);
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

/** `0`, `3.2`, `41`. */
export function rate(value: number): string {
  if (value < 0.05) return '0';
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}

/** Enough of a digest for a person to tell two apart. */
export function short(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}

/** `1 pod`, `2 pods`. */
export function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}

/** Days from one moment to another, rounded down. */
export function daysBetween(from: string, until: string): number {
  return Math.floor((Date.parse(until) - Date.parse(from)) / 86_400_000);
}

/** How much of what may go wrong is left, 1: all of it; below 0: more has gone wrong than was to. */
export function budgetLeft(left: number): string {
  if (left > 0) return `${Math.round(left * 100)} % of what may go wrong is left`;
  return `${Math.round((1 - left) * 100)} % of what may go wrong has gone wrong`;
}
