import type { NetworkPolicyEgressRule } from './objects.ts';

/** The node's own addresses (RFC 3927): caches of names on each node (GKE, AKS, NodeLocal DNSCache), which are no pods. */
const ofTheNode = '169.254.0.0/16';

/**
 * What a pod has to reach to ask for names: the cluster's name servers, wherever they run. Most are pods of kube-system;
 * some are programs of the node, and have no labels that a rule could select.
 * @param others CIDRs of name servers that are elsewhere
 */
export function askingNames(others: readonly string[] = []): NetworkPolicyEgressRule {
  const servers = [ofTheNode, ...others];
  return {
    to: [
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } },
      ...servers.map((cidr) => ({ ipBlock: { cidr } })),
    ],
    ports: [
      { protocol: 'UDP', port: 53 },
      { protocol: 'TCP', port: 53 },
    ],
  };
}
