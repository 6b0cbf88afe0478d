import type { Fact } from '../core/answer.ts';
import { pathParts, valueAt } from '../core/field-path.ts';
import { oneOf, type Snapshot } from '../snapshot/snapshot.ts';

/** A fact; `undefined` is what is not there, which is not as it should be. */
export function fact(
  what: string,
  is: string | number | boolean | undefined,
  command: string,
  ok = is !== undefined && is !== '',
): Fact {
  return { what, is: is === undefined || is === '' ? 'not there' : String(is), command, ok };
}

/** A field of a live object, with the command that shows it and where it comes from. */
export function fieldFact(
  snapshot: Snapshot,
  what: string,
  object: readonly [kind: string, name: string],
  path: string,
): Fact {
  const [kind, name] = object;
  const value = valueAt(oneOf(snapshot, kind, name), pathParts(path) ?? []);
  const is = typeof value === 'string' || value === undefined ? value : JSON.stringify(value);
  return fact(what, is, showing(kind, name, path));
}

/** The command that shows a field as it is, with its rule. */
export function showing(kind: string, name: string, path = ''): string {
  return `ptp explain ${kind.toLowerCase()}/${name} ${quoted(path)}`.trim();
}

/** `1.2 MiB`, `340 KiB` */
export function size(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  if (mebibytes >= 1024) return `${(mebibytes / 1024).toFixed(1)} GiB`;
  return mebibytes >= 1 ? `${mebibytes.toFixed(1)} MiB` : `${Math.round(bytes / 1024)} KiB`;
}

/** `a`, `a and b`, `a, b and c`; `none` where there is none. */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? 'none';
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** `2026-11-26 13:05 UTC` */
export function moment(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}

function quoted(path: string): string {
  return /[[\]'*]/.test(path) ? `"${path}"` : path;
}
