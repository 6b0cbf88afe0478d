/** How one of the cluster's parts is compiled from its Go module, and which files come of it. */
export interface Component {
  readonly name: string;
  readonly version: string;
  /** Package to build (`.` is the module's own main) → the program's name. */
  readonly programs: Readonly<Record<string, string>>;
  /** Further names of the first program: it looks at the name it is called by. */
  readonly aliases?: readonly string[];
  readonly cgo?: boolean;
  /** C libraries it is linked with, as pkg-config knows them → the Debian package that has the static one. */
  readonly libraries?: Readonly<Record<string, string>>;
  readonly tags?: string;
  readonly ldflags?: readonly string[];
  /** Files taken out of modules: the folder they go to → module and folder in it. */
  readonly documents?: Readonly<Record<string, { readonly module: string; readonly folder: string }>>;
  /**
   * Files of a module that are replaced before it is compiled: module → path in it → our file. What it saves is said
   * in the file.
   */
  readonly patches?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** About how many packages `go build` compiles for it after those of the components before it: for the progress. */
  readonly packages: number;
  /** Our modules that its own points at beside it. */
  readonly beside?: readonly string[];
  /** Whether the node itself needs it to start; the others are parts that run in pods. */
  readonly node: boolean;
  /** Whether it is compiled when the system serves already: nothing waits for it before. */
  readonly late?: boolean;
}

/** Kubernetes' version; the API server reports it. */
export const kubernetesVersion = 'v1.37.2';

/** What a local cluster runs. The order is the order of compiling: what the node needs to start comes first. */
export const components: readonly Component[] = [
  {
    name: 'kubernetes',
    version: kubernetesVersion,
    programs: { '.': 'kubernetes' },
    aliases: ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy'],
    ldflags: [
      `-X k8s.io/component-base/version.gitVersion=${kubernetesVersion}`,
      '-X k8s.io/component-base/version.gitMajor=1',
      '-X k8s.io/component-base/version.gitMinor=37',
    ],
    packages: 2590,
    node: true,
  },
  {
    name: 'containerd',
    version: 'v2.3.3',
    programs: {
      'github.com/containerd/containerd/v2/cmd/containerd': 'containerd',
      'github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2': 'containerd-shim-runc-v2',
      'github.com/containernetworking/plugins/plugins/ipam/host-local': 'host-local',
      'github.com/containernetworking/plugins/plugins/main/bridge': 'bridge',
      'github.com/containernetworking/plugins/plugins/main/loopback': 'loopback',
      'github.com/containernetworking/plugins/plugins/meta/portmap': 'portmap',
    },
    ldflags: ['-X github.com/containerd/containerd/v2/version.Version=v2.3.3'],
    packages: 500,
    node: true,
  },
  {
    name: 'runc',
    version: 'v1.5.2',
    programs: { 'github.com/opencontainers/runc': 'runc' },
    cgo: true,
    // Without seccomp no pod of the restricted standard starts.
    tags: 'netgo osusergo seccomp',
    libraries: { libseccomp: 'libseccomp-dev' },
    ldflags: ['-linkmode external', '-extldflags -static', '-X main.version=1.5.2'],
    packages: 230,
    node: true,
  },
  { name: 'etcd', version: 'v3.7.3', programs: { '.': 'etcd' }, packages: 140, node: true },
  { name: 'registry', version: 'v3.1.2', programs: { '.': 'registry' }, packages: 150, node: true },
  {
    name: 'network-policy',
    version: 'v1',
    programs: { '.': 'network-policy', './wait-for-policy': 'wait-for-policy' },
    packages: 12,
    node: true,
  },
  { name: 'coredns', version: 'v1.14.6', programs: { '.': 'coredns' }, packages: 120, node: false },
  {
    name: 'local-path',
    version: 'v0.0.30',
    programs: { 'github.com/rancher/local-path-provisioner': 'local-path-provisioner' },
    packages: 40,
    node: false,
  },
  {
    name: 'cert-manager',
    version: 'v1.21.2',
    programs: { '.': 'cert-manager-controller' },
    documents: { crds: { module: 'github.com/cert-manager/cert-manager', folder: 'deploy/crds' } },
    packages: 150,
    node: false,
  },
  {
    name: 'traefik',
    version: 'v3.6.7',
    programs: { 'github.com/traefik/traefik/v3/cmd/traefik': 'traefik' },
    ldflags: ['-X github.com/traefik/traefik/v3/pkg/version.Version=3.6.7'],
    documents: { crds: { module: 'sigs.k8s.io/gateway-api', folder: 'config/crd/standard' } },
    patches: {
      'github.com/go-acme/lego/v4': {
        'providers/dns/zz_gen_dns_providers.go': 'overlay/dns_providers.go',
      },
    },
    packages: 800,
    node: false,
  },
  {
    name: 'prometheus',
    version: 'v3.16.0',
    programs: { 'github.com/prometheus/prometheus/cmd/prometheus': 'prometheus' },
    // Of thirty ways to find targets, those of a Kubernetes alone.
    tags: 'remove_all_sd enable_kubernetes_sd',
    ldflags: ['-X github.com/prometheus/common/version.Version=3.16.0'],
    packages: 740,
    node: false,
    late: true,
  },
  {
    name: 'alertmanager',
    version: 'v0.35.0',
    programs: { 'github.com/prometheus/alertmanager/cmd/alertmanager': 'alertmanager' },
    ldflags: ['-X github.com/prometheus/common/version.Version=0.35.0'],
    patches: { 'github.com/prometheus/alertmanager': { 'ui/web.go': 'overlay/web.go' } },
    packages: 157,
    node: false,
    late: true,
  },
  {
    name: 'observer',
    version: 'v1',
    programs: { '.': 'observer' },
    packages: 60,
    node: false,
    late: true,
  },
];

/** The controllers of cert-manager that ask public authorities: obtained where a target names one, and never else. */
export const acmeComponent: Component = {
  name: 'cert-manager-acme',
  version: 'v1.21.2',
  programs: { '.': 'cert-manager-acme', './solver': 'solver' },
  beside: ['cert-manager'],
  packages: 290,
  node: false,
};
