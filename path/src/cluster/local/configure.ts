import { join } from 'node:path';
import type { Layout } from './layout.ts';
import { type Network, nodeName, policySocket, registryName } from './plan.ts';

/** What a configuration depends on besides the instance's addresses. */
export interface Settings {
  /** `user:password` of the registry, base64: it goes into files of mode 0600 only. */
  readonly registryAuthorization: string;
  readonly htpasswd: string;
  /** 32 bytes, base64: Secrets are encrypted with it in etcd. */
  readonly encryptionKey: string;
  /** The pause image's reference. */
  readonly pause: string;
  readonly cgroupRoot: string;
  readonly cgroupVersion: 1 | 2;
  /** The machine's resolver file, one without loopback addresses. */
  readonly resolvConf: string;
}

/** The node's configuration files: path → content; every one is written with mode 0600. */
export function configurationFiles(
  layout: Layout,
  network: Network,
  settings: Settings,
): ReadonlyMap<string, string> {
  const etc = (name: string) => join(layout.etc, name);
  return new Map([
    [etc('containerd.toml'), containerd(layout, settings)],
    [etc(`certs.d/${registryName}/hosts.toml`), registryHosts(network, settings)],
    [etc(`certs.d/${network.node}:${network.registryPort}/hosts.toml`), plainHosts(network)],
    [etc('cni/10-ptp.conflist'), cni(layout)],
    [etc('registry.yaml'), registry(layout, network)],
    [etc('htpasswd'), `${settings.htpasswd}\n`],
    [etc('encryption.yaml'), encryption(settings)],
    [etc('kubelet.yaml'), kubelet(layout, network, settings)],
    [etc('kube-proxy.yaml'), kubeProxy(layout, network)],
  ]);
}

function containerd(layout: Layout, settings: Settings): string {
  return `version = 3
root = "${layout.containerd}"
state = "${layout.run}/containerd"
[grpc]
  address = "${containerdSocket(layout)}"
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
    conf_dir = "${layout.etc}/cni"
`;
}

/** Where containerd listens. */
export function containerdSocket(layout: Layout): string {
  return `${layout.run}/containerd.sock`;
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

function cni(layout: Layout): string {
  return `${JSON.stringify(
    {
      cniVersion: '1.0.0',
      name: 'ptp',
      plugins: [
        {
          type: 'bridge',
          bridge: 'cni0',
          isGateway: true,
          ipMasq: true,
          hairpinMode: true,
          ipam: {
            type: 'host-local',
            dataDir: `${layout.run}/cni`,
            ranges: [[{ subnet: '10.244.0.0/24' }]],
            routes: [{ dst: '0.0.0.0/0' }],
          },
        },
        { type: 'portmap', capabilities: { portMappings: true } },
        // Last: a pod starts when the policies for its address are in force.
        { type: 'wait-for-policy', socket: policySocket(layout) },
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

function kubelet(layout: Layout, network: Network, settings: Settings): string {
  return `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: ${network.node}
authentication:
  anonymous: { enabled: false }
  webhook: { enabled: true }
  x509: { clientCAFile: ${layout.pki}/ca.crt }
authorization: { mode: Webhook }
tlsCertFile: ${layout.pki}/kubelet.crt
tlsPrivateKeyFile: ${layout.pki}/kubelet.key
${settings.cgroupVersion === 1 ? 'failCgroupV1: false\n' : ''}cgroupDriver: cgroupfs
cgroupRoot: ${settings.cgroupRoot}
containerRuntimeEndpoint: unix://${containerdSocket(layout)}
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
# A developer's disk is often fuller than a server's may be; an eviction there would be a surprise.
evictionHard: { memory.available: 100Mi, nodefs.available: 1Gi, imagefs.available: 1Gi }
imageGCHighThresholdPercent: 98
imageGCLowThresholdPercent: 95
volumePluginDir: ${layout.kubelet}/plugins
enableServer: true
healthzBindAddress: ${network.node}
podLogsDir: ${layout.log}/pods
`;
}

function kubeProxy(layout: Layout, network: Network): string {
  return `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: { kubeconfig: ${layout.etc}/kube-proxy.kubeconfig }
hostnameOverride: ${nodeName}
mode: nftables
clusterCIDR: ${network.podRange}
conntrack: { maxPerCore: 0 }
healthzBindAddress: ${network.node}:10256
metricsBindAddress: 127.0.0.1:10249
`;
}
