import type { Fact } from '../core/answer.ts';
import { label } from '../kubernetes/labels.ts';
import type { NetworkPolicy } from '../kubernetes/objects.ts';
import { ofKind, type Snapshot } from '../snapshot/snapshot.ts';
import { fact, listed, showing } from './fact.ts';

/** Who may reach each part, as the network policies in force have it. Pure. */
export function reachFacts(snapshot: Snapshot): readonly Fact[] {
  return ofKind<NetworkPolicy>(snapshot, 'NetworkPolicy').map(({ metadata, spec }) => {
    const everybody = Object.keys(spec?.podSelector?.matchLabels ?? {}).length === 0;
    const callers = (spec?.ingress ?? []).map(({ ports = [], from }) => {
      const at = ports.map(({ port }) => port).join(', ');
      return `${from === undefined ? 'everybody' : listed(from.map(callerOf))} (port ${at})`;
    });
    const is =
      callers.length > 0 ? [...new Set(callers)].join('; ') : everybody ? 'nobody, by default' : 'nobody';
    return fact(
      everybody ? 'who reaches pods of which nothing else is said' : `who reaches ${metadata.name}`,
      is,
      showing('NetworkPolicy', metadata.name, '.spec'),
    );
  });
}

type Peer = NonNullable<NonNullable<NonNullable<NetworkPolicy['spec']>['ingress']>[number]['from']>[number];

function callerOf({ podSelector, namespaceSelector, ipBlock }: Peer): string {
  const pod = podSelector?.matchLabels ?? {};
  const known = pod[label.component] ?? pod[label.service] ?? pod[label.name];
  // A label of another kind is told with its key: `database` alone would be the database itself.
  const [other] = Object.entries(pod).map(([key, value]) => `${value} (${key})`);
  const names = [
    known ?? other,
    ...(podSelector?.matchExpressions ?? []).flatMap(({ values = [] }) => values),
  ].filter((one) => one !== undefined);
  const namespace = Object.values(namespaceSelector?.matchLabels ?? {})[0];
  const of = names.length === 0 ? 'every pod' : listed(names);
  if (ipBlock !== undefined) return ipBlock.cidr;
  return namespace === undefined ? of : `${of} of ${namespace}`;
}
