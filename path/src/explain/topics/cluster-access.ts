import { fact, showing } from '../fact.ts';
import type { Topic } from '../topic.ts';

export const clusterAccess: Topic = {
  name: 'cluster-access',
  part: 'Cluster',
  question: 'How is the cluster accessed?',
  choice: ({ cluster }) =>
    cluster.provider === 'local'
      ? 'With a client certificate that the cluster’s own authority signed, from this machine alone. Anonymous requests are refused.'
      : 'With the kubeconfig that the provider gives; its program is asked for a token each time, and none is written down.',
  turnedDown: [
    { what: 'A long-lived token of a service account', why: 'whoever has it once has it for ever' },
  ],
  costs: () => 'Whoever is root on this machine is the cluster’s administrator.',
  decisions: [7, 24, 11],
  facts: ({ cluster, nodes }) => [
    fact(
      'nodes that answered through it',
      nodes.length,
      showing('Node', nodes[0]?.metadata.name ?? '', '.status.conditions'),
      nodes.length > 0,
    ),
    fact(
      'where its door is',
      cluster.entry === undefined ? 'in DNS' : `${cluster.entry.address}:${cluster.entry.https}`,
      'ptp open --print',
    ),
  ],
};
