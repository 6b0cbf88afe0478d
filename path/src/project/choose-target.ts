import type { Finding } from './finding.ts';
import type { Outline } from './outline.ts';
import { suggestion } from './suggest.ts';

/** Either the target's name, or why none can be taken. */
export type Choice = { readonly name: string } | { readonly finding: Finding };

/**
 * Which target is meant: the one asked for, else the only one, else `local`. A file without targets has one, called
 * `local`.
 */
export function chooseTarget(targets: Outline['targets'], wanted: string | undefined): Choice {
  const names = targets === undefined ? ['local'] : Object.keys(targets);
  const name = wanted ?? (names.length === 1 ? names[0] : names.includes('local') ? 'local' : undefined);
  const at = { path: ['targets'], at: 'key' } as const;
  if (name === undefined) {
    const what =
      names.length === 0 ? '`targets` names no target' : 'there are several targets and none is called local';
    const next =
      names.length === 0 ? 'Name one, or remove `targets`.' : `Choose with --target: ${names.join(', ')}.`;
    return { finding: { ...at, what, next } };
  }
  if (!names.includes(name)) {
    return { finding: { ...at, what: `there is no target \`${name}\``, next: suggestion(name, names) } };
  }
  return { name };
}
