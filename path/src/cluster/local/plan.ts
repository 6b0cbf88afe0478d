import { join } from 'node:path';
import { firstNode, type Layout, layoutOfNode } from './layout.ts';

/** The addresses and names of one instance; all a function of its number. */
export interface Network {
  /** 1 to 250; no two instances on a machine share it. */
  readonly number: number;
  readonly bridge: string;
  /** The host's address on the bridge. */
  readonly host: string;
  /** The first node's address: where the API server, the registry and the door are. */
  readonly node: string;
  readonly prefix: string;
  readonly podRange: string;
  readonly serviceRange: string;
  readonly dns: string;
  readonly apiService: string;
  readonly registryPort: number;
}

/** One node of an instance; all a function of the instance's number and its own. */
export interface ClusterNode {
  /** From 1. */
  readonly index: number;
  /** Its name in the cluster. */
  readonly name: string;
  readonly address: string;
  /** The host's end of the pair of interfaces that joins it to the bridge. */
  readonly veth: string;
  /** The addresses of its pods. */
  readonly podRange: string;
}

/** The name by which images are referred to; it resolves nowhere: containerd knows where it is. */
export const registryName = 'registry.ptp.internal';

/** The addresses of the instance with that number. */
export function networkOf(number: number): Network {
  return {
    number,
    bridge: `ptp${number}`,
    host: `10.77.${number}.1`,
    node: nodeOf({ number }, 1).address,
    prefix: `10.77.${number}.0/24`,
    podRange: '10.244.0.0/16',
    serviceRange: '10.96.0.0/16',
    dns: '10.96.0.10',
    apiService: '10.96.0.1',
    registryPort: 5000,
  };
}

/** As many nodes as an instance may have. */
export const mostNodes = 9;

/** The node of that index, from 1 to `mostNodes`. */
export function nodeOf({ number }: Pick<Network, 'number'>, index: number): ClusterNode {
  return {
    index,
    name: `node${index}`,
    address: `10.77.${number}.${index + 1}`,
    veth: `ptp${number}n${index}`,
    podRange: `10.244.${index - 1}.0/24`,
  };
}

/** The first nodes of an instance, as many as told. */
export function nodesOf(network: Pick<Network, 'number'>, count: number): readonly ClusterNode[] {
  return Array.from({ length: count }, (_, index) => nodeOf(network, index + 1));
}

/** Where new pods are announced to the program that enforces network policies. */
export function policySocket(own: Pick<Layout, 'run'>): string {
  return join(own.run, 'network-policy.sock');
}

/** Where that program tells of its health, on the node's address. */
export const policyHealthPort = 10261;

/** One program of the node, as it is started inside the machine. */
export interface NodeProcess {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The firewall table that it makes when it starts, `family name`. */
  readonly table?: string;
  /** Names of processes that must answer first. */
  readonly after: readonly string[];
  /** The programs that must be there before it can start. */
  readonly component: string;
}

/** The programs of one of `count` nodes with their arguments, in the order in which they start. */
export function nodeProcesses(
  layout: Layout,
  network: Network,
  node: ClusterNode,
  count: number,
): readonly NodeProcess[] {
  const first = node.name === firstNode;
  return [
    containerd(layout, node),
    ...(first ? controlPlane(layout, network, count > 1) : []),
    ...agents(layout, node),
  ];
}

function containerd(layout: Layout, node: ClusterNode): NodeProcess {
  return {
    name: 'containerd',
    component: 'containerd',
    program: join(layout.bin, 'containerd'),
    args: ['--config', join(layoutOfNode(layout, node.name).etc, 'containerd.toml')],
    env: { PATH: `${layout.bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin` },
    after: [],
  };
}

/** What the first node runs for all of them. */
function controlPlane(layout: Layout, network: Network, several: boolean): readonly NodeProcess[] {
  const bin = (name: string) => join(layout.bin, name);
  const pki = (name: string) => join(layout.pki, name);
  const etc = (name: string) => join(layout.etc, name);
  const etcd = 'https://127.0.0.1:2379';
  return [
    {
      name: 'etcd',
      component: 'etcd',
      program: bin('etcd'),
      args: [
        `--data-dir=${layout.etcd}`,
        `--listen-client-urls=${etcd}`,
        `--advertise-client-urls=${etcd}`,
        '--listen-peer-urls=http://127.0.0.1:2380',
        '--client-cert-auth',
        `--trusted-ca-file=${pki('etcd-ca.crt')}`,
        `--cert-file=${pki('etcd.crt')}`,
        `--key-file=${pki('etcd.key')}`,
        '--auto-compaction-retention=1h',
        '--quota-backend-bytes=2147483648',
        '--log-level=warn',
      ],
      after: [],
    },
    {
      name: 'registry',
      component: 'registry',
      program: bin('registry'),
      args: ['serve', etc('registry.yaml')],
      env: { OTEL_TRACES_EXPORTER: 'none' },
      after: [],
    },
    {
      name: 'kube-apiserver',
      component: 'kubernetes',
      program: bin('kube-apiserver'),
      args: [
        `--etcd-servers=${etcd}`,
        `--etcd-cafile=${pki('etcd-ca.crt')}`,
        `--etcd-certfile=${pki('etcd-client.crt')}`,
        `--etcd-keyfile=${pki('etcd-client.key')}`,
        `--advertise-address=${network.node}`,
        '--bind-address=0.0.0.0',
        '--secure-port=6443',
        `--service-cluster-ip-range=${network.serviceRange}`,
        `--client-ca-file=${pki('ca.crt')}`,
        `--tls-cert-file=${pki('apiserver.crt')}`,
        `--tls-private-key-file=${pki('apiserver.key')}`,
        `--kubelet-client-certificate=${pki('apiserver-kubelet.crt')}`,
        `--kubelet-client-key=${pki('apiserver-kubelet.key')}`,
        `--kubelet-certificate-authority=${pki('ca.crt')}`,
        '--kubelet-preferred-address-types=InternalIP',
        '--service-account-issuer=https://kubernetes.default.svc',
        `--service-account-key-file=${pki('service-account.pub')}`,
        `--service-account-signing-key-file=${pki('service-account.key')}`,
        '--authorization-mode=Node,RBAC',
        '--enable-admission-plugins=NodeRestriction',
        '--anonymous-auth=false',
        `--requestheader-client-ca-file=${pki('front-proxy-ca.crt')}`,
        '--requestheader-allowed-names=front-proxy-client',
        '--requestheader-extra-headers-prefix=X-Remote-Extra-',
        '--requestheader-group-headers=X-Remote-Group',
        '--requestheader-username-headers=X-Remote-User',
        `--proxy-client-cert-file=${pki('front-proxy.crt')}`,
        `--proxy-client-key-file=${pki('front-proxy.key')}`,
        `--encryption-provider-config=${etc('encryption.yaml')}`,
        '--shutdown-delay-duration=0s',
        '--profiling=false',
        // Pods of a node that is gone are made anew elsewhere after this many seconds.
        '--default-not-ready-toleration-seconds=20',
        '--default-unreachable-toleration-seconds=20',
      ],
      after: ['etcd'],
    },
    {
      name: 'kube-controller-manager',
      component: 'kubernetes',
      program: bin('kube-controller-manager'),
      args: [
        ...delegated(etc('controller-manager.kubeconfig')),
        `--service-account-private-key-file=${pki('service-account.key')}`,
        `--root-ca-file=${pki('ca.crt')}`,
        '--use-service-account-credentials',
        `--cluster-signing-cert-file=${pki('ca.crt')}`,
        `--cluster-signing-key-file=${pki('ca.key')}`,
        `--service-cluster-ip-range=${network.serviceRange}`,
        '--leader-elect=false',
        '--bind-address=127.0.0.1',
        '--profiling=false',
        // Where others can serve, a node's pods leave the addresses soon: leases are renewed four times in this. Nobody
        // else serves where there is one node: an API server that was away for 20 s should not take its pods away too.
        ...(several
          ? ['--node-monitor-grace-period=8s', '--node-monitor-period=1s']
          : ['--node-monitor-grace-period=40s']),
      ],
      after: ['kube-apiserver'],
    },
    {
      name: 'kube-scheduler',
      component: 'kubernetes',
      program: bin('kube-scheduler'),
      args: [
        ...delegated(etc('scheduler.kubeconfig')),
        '--leader-elect=false',
        '--bind-address=127.0.0.1',
        '--profiling=false',
      ],
      after: ['kube-apiserver'],
    },
  ];
}

/** What every node runs for its pods. */
function agents(layout: Layout, node: ClusterNode): readonly NodeProcess[] {
  const own = layoutOfNode(layout, node.name);
  const bin = (name: string) => join(layout.bin, name);
  return [
    {
      name: 'kubelet',
      component: 'kubernetes',
      program: bin('kubelet'),
      args: [
        `--config=${join(own.etc, 'kubelet.yaml')}`,
        `--kubeconfig=${kubeletKubeconfig(layout, node)}`,
        `--hostname-override=${node.name}`,
        `--node-ip=${node.address}`,
        `--root-dir=${own.kubelet}`,
      ],
      after: ['kube-apiserver', 'containerd'],
    },
    {
      name: 'kube-proxy',
      component: 'kubernetes',
      program: bin('kube-proxy'),
      args: [`--config=${join(own.etc, 'kube-proxy.yaml')}`, `--hostname-override=${node.name}`],
      table: 'ip kube-proxy',
      after: ['kube-apiserver'],
    },
    {
      name: 'network-policy',
      component: 'network-policy',
      program: bin('network-policy'),
      args: [
        `--kubeconfig=${join(layout.etc, 'network-policy.kubeconfig')}`,
        `--socket=${policySocket(own)}`,
        `--health-address=${node.address}:${policyHealthPort}`,
      ],
      table: 'inet ptp-network-policy',
      after: ['kube-apiserver'],
    },
  ];
}

/** The name of a kubelet's certificate, key and kubeconfig, without their endings. */
export function kubeletFile(node: Pick<ClusterNode, 'name'>): string {
  return node.name === firstNode ? 'kubelet' : `kubelet-${node.name}`;
}

function kubeletKubeconfig(layout: Layout, node: ClusterNode): string {
  return join(layout.etc, `${kubeletFile(node)}.kubeconfig`);
}

function delegated(kubeconfig: string): readonly string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
  ];
}
