import type { Finding } from './finding.ts';
import type { Outline } from './outline.ts';
import { suggestion } from './suggest.ts';

/** Either the target's name, or why none can be taken. */
export type Choice = { readonly name: string } | { readonly finding: Finding };

/**
 * Which target is meant: the one asked for, else the only one, else `local`. A file without targets has one, called
 * `local`. A cloud is a finding: this version cannot go there.
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
  const cluster = targets?.[name]?.cluster;
  if (cluster !== undefined && ['eks', 'gke', 'aks'].includes(cluster)) {
    return {
      finding: {
        path: ['targets', name, 'cluster'],
        at: 'value',
        what: `this version of ptp cannot carry a system to ${cluster} yet`,
        next: 'Make the cluster yourself and name it as a target of `cluster: kubeconfig`, or take a local target.',
      },
    };
  }
  return { name };
}
