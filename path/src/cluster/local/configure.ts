import { join } from 'node:path';
import { nodeCgroup } from './cgroup.ts';
import { type Layout, layoutOfNode } from './layout.ts';
import { type ClusterNode, kubeletFile, type Network, policySocket, registryName } from './plan.ts';

/** What a configuration depends on besides the instance's addresses. */
export interface Settings {
  /** `user:password` of the registry, base64: it goes into files of mode 0600 only. */
  readonly registryAuthorization: string;
  readonly htpasswd: string;
  /** 32 bytes, base64: Secrets are encrypted with it in etcd. */
  readonly encryptionKey: string;
  /** The pause image's reference. */
  readonly pause: string;
  readonly cgroupVersion: 1 | 2;
  /** The machine's resolver file, one without loopback addresses. */
  readonly resolvConf: string;
}

/** The nodes' configuration files: path → content; every one is written with mode 0600. */
export function configurationFiles(
  layout: Layout,
  network: Network,
  nodes: readonly ClusterNode[],
  settings: Settings,
): ReadonlyMap<string, string> {
  const etc = (name: string) => join(layout.etc, name);
  return new Map([
    [etc(`certs.d/${registryName}/hosts.toml`), registryHosts(network, settings)],
    [etc(`certs.d/${network.node}:${network.registryPort}/hosts.toml`), plainHosts(network)],
    [etc('registry.yaml'), registry(layout, network)],
    [etc('htpasswd'), `${settings.htpasswd}\n`],
    [etc('encryption.yaml'), encryption(settings)],
    ...nodes.flatMap((node): [string, string][] => {
      const own = layoutOfNode(layout, node.name);
      return [
        [join(own.etc, 'containerd.toml'), containerd(layout, own, settings)],
        [join(own.etc, 'cni/10-ptp.conflist'), cni(layout, node, nodes)],
        [join(own.etc, 'kubelet.yaml'), kubelet(layout, network, node, nodes.length > 1, settings)],
        [join(own.etc, 'kube-proxy.yaml'), kubeProxy(layout, network, node)],
      ];
    }),
  ]);
}

/** `own`: the node's folders. */
function containerd(layout: Layout, own: Layout, settings: Settings): string {
  return `version = 3
root = "${own.containerd}"
state = "${own.run}/containerd"
[grpc]
  address = "${containerdSocket(own)}"
[debug]
  level = "warn"
[plugins.'io.containerd.cri.v1.images']
  snapshotter = "overlayfs"
  max_concurrent_downloads = 6
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = "${settings.pause}"
  [plugins.'io.containerd.cri.v1.images'.registry]
    config_path = "${layout.etc}/certs.d"
[plugins.'io.containerd.cri.v1.runtime']
  # A machine may not be allowed to lower oom_score_adj (no CAP_SYS_RESOURCE); raising it always works.
  restrict_oom_score_adj = true
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
      BinaryName = "${layout.bin}/runc"
      SystemdCgroup = false
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ["${layout.bin}"]
    conf_dir = "${own.etc}/cni"
`;
}

/** Where a node's containerd listens. */
export function containerdSocket(own: Pick<Layout, 'run'>): string {
  return `${own.run}/containerd.sock`;
}

function registryHosts(network: Network, settings: Settings): string {
  const url = `http://${network.node}:${network.registryPort}`;
  return `server = "${url}"
[host."${url}"]
  capabilities = ["pull", "resolve"]
  [host."${url}".header]
    Authorization = "Basic ${settings.registryAuthorization}"
`;
}

/** The same registry by its address: for whoever pulls with credentials of a pod's own, as from any other registry. */
function plainHosts(network: Network): string {
  return `server = "http://${network.node}:${network.registryPort}"\n`;
}

function cni(layout: Layout, node: ClusterNode, nodes: readonly ClusterNode[]): string {
  const own = layoutOfNode(layout, node.name);
  const others = nodes.filter(({ name }) => name !== node.name);
  return `${JSON.stringify(
    {
      cniVersion: '1.0.0',
      name: 'ptp',
      plugins: [
        {
          type: 'bridge',
          bridge: 'cni0',
          isGateway: true,
          // What leaves the cluster is masqueraded by the node's own table: the plugin would do it to all that leaves
          // the node, and policies on the other nodes would not know who sends. See network.ts.
          ipMasq: false,
          hairpinMode: true,
          ipam: {
            type: 'host-local',
            dataDir: `${own.run}/cni`,
            ranges: [[{ subnet: node.podRange }]],
            routes: [{ dst: '0.0.0.0/0' }],
          },
        },
        { type: 'portmap', capabilities: { portMappings: true } },
        // Last: a pod starts when the policies for its address are in force, here and on the other nodes.
        {
          type: 'wait-for-policy',
          socket: policySocket(own),
          ...(others.length === 0
            ? {}
            : { others: others.map(({ name }) => policySocket(layoutOfNode(layout, name))) }),
        },
      ],
    },
    null,
    2,
  )}\n`;
}

function registry(layout: Layout, network: Network): string {
  return `version: 0.1
log: { level: warn, accesslog: { disabled: true } }
storage:
  filesystem: { rootdirectory: ${layout.registry} }
  delete: { enabled: true }
  redirect: { disable: true }
http:
  addr: ${network.node}:${network.registryPort}
  relativeurls: true
auth:
  htpasswd: { realm: ptp, path: ${layout.etc}/htpasswd }
`;
}

function encryption(settings: Settings): string {
  return `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets]
    providers:
      - secretbox: { keys: [{ name: first, secret: ${settings.encryptionKey} }] }
      - identity: {}
`;
}

function kubelet(
  layout: Layout,
  network: Network,
  node: ClusterNode,
  several: boolean,
  settings: Settings,
): string {
  const own = layoutOfNode(layout, node.name);
  return `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: ${node.address}
authentication:
  anonymous: { enabled: false }
  webhook: { enabled: true }
  x509: { clientCAFile: ${layout.pki}/ca.crt }
authorization: { mode: Webhook }
tlsCertFile: ${layout.pki}/${kubeletFile(node)}.crt
tlsPrivateKeyFile: ${layout.pki}/${kubeletFile(node)}.key
${settings.cgroupVersion === 1 ? 'failCgroupV1: false\n' : ''}cgroupDriver: cgroupfs
cgroupRoot: ${nodeCgroup(layout.instance, node.name)}
containerRuntimeEndpoint: unix://${containerdSocket(own)}
clusterDNS: [${network.dns}]
clusterDomain: cluster.local
failSwapOn: false
memorySwap: {}
resolvConf: ${settings.resolvConf}
registerWithTaints: []
serializeImagePulls: false
maxParallelImagePulls: 4
registryPullQPS: 0
eventRecordQPS: 0
nodeStatusUpdateFrequency: 5s
${several ? '# Renewed every quarter of it; the controller-manager takes a node for gone after as long.\nnodeLeaseDurationSeconds: 8\n' : ''}# A developer's disk is often fuller than a server's may be; an eviction there would be a surprise.
evictionPressureTransitionPeriod: 20s
evictionHard: { memory.available: 100Mi, nodefs.available: 1Gi, imagefs.available: 1Gi }
imageGCHighThresholdPercent: 98
imageGCLowThresholdPercent: 95
volumePluginDir: ${own.kubelet}/plugins
enableServer: true
healthzBindAddress: ${node.address}
podLogsDir: ${own.log}/pods
# A door finds out sooner than after a quarter of an hour that whom it talks to is gone.
allowedUnsafeSysctls: [net.ipv4.tcp_retries2]
`;
}

function kubeProxy(layout: Layout, network: Network, node: ClusterNode): string {
  return `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: { kubeconfig: ${layout.etc}/kube-proxy.kubeconfig }
hostnameOverride: ${node.name}
mode: nftables
clusterCIDR: ${network.podRange}
conntrack: { maxPerCore: 0 }
healthzBindAddress: ${node.address}:10256
metricsBindAddress: 127.0.0.1:10249
`;
}
