import { type ClusterNode, kubeletFile, type Network } from './plan.ts';

const day = 86_400_000;

/** A certificate that ends within this many milliseconds is replaced. */
export const renewBefore = 30 * day;

/** The cluster's certificate authorities. */
export const authorities = ['ca', 'etcd-ca', 'front-proxy-ca'] as const;

/** A certificate to be signed by one of the cluster's authorities. */
export interface Wanted {
  readonly file: string;
  readonly authority: (typeof authorities)[number];
  /** The common name; Kubernetes' user. */
  readonly name: string;
  /** The organization; Kubernetes' group. */
  readonly group?: string;
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  /** Where the certificate is for a client of the API server: the name of the kubeconfig to write. */
  readonly kubeconfig?: string;
}

/** Every certificate of the control plane and the nodes (kubernetes.io, "PKI certificates and requirements"). */
export function wanted(network: Network, nodes: readonly ClusterNode[]): readonly Wanted[] {
  return [
    {
      file: 'apiserver',
      authority: 'ca',
      name: 'kube-apiserver',
      dns: [
        'kubernetes',
        'kubernetes.default',
        'kubernetes.default.svc',
        'kubernetes.default.svc.cluster.local',
        'localhost',
      ],
      ip: ['127.0.0.1', network.node, network.apiService],
    },
    { file: 'apiserver-kubelet', authority: 'ca', name: 'ptp:apiserver', group: 'ptp:kubelet-clients' },
    { file: 'admin', authority: 'ca', name: 'ptp:admin', group: 'system:masters', kubeconfig: 'admin' },
    {
      file: 'controller-manager',
      authority: 'ca',
      name: 'system:kube-controller-manager',
      kubeconfig: 'controller-manager',
    },
    { file: 'scheduler', authority: 'ca', name: 'system:kube-scheduler', kubeconfig: 'scheduler' },
    { file: 'kube-proxy', authority: 'ca', name: 'system:kube-proxy', kubeconfig: 'kube-proxy' },
    { file: 'network-policy', authority: 'ca', name: 'ptp:network-policy', kubeconfig: 'network-policy' },
    ...nodes.map((node): Wanted => {
      const file = kubeletFile(node);
      return {
        file,
        authority: 'ca',
        name: `system:node:${node.name}`,
        group: 'system:nodes',
        dns: [node.name],
        ip: [node.address],
        kubeconfig: file,
      };
    }),
    { file: 'etcd', authority: 'etcd-ca', name: 'etcd', dns: ['localhost'], ip: ['127.0.0.1'] },
    { file: 'etcd-client', authority: 'etcd-ca', name: 'kube-apiserver' },
    { file: 'front-proxy', authority: 'front-proxy-ca', name: 'front-proxy-client' },
  ];
}
