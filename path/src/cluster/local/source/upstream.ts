/** A module that a component is compiled from, and why a newer one matters. */
export interface Upstream {
  /** The folder in path/components whose go.mod pins it. */
  readonly component: string;
  readonly module: string;
  /** As people call it. */
  readonly name: string;
  /** What it does for a system. */
  readonly does: string;
}

/** What the local cluster's programs come from. A test holds it against the modules that are there. */
export const upstream: readonly Upstream[] = [
  {
    component: 'kubernetes',
    module: 'k8s.io/kubernetes',
    name: 'Kubernetes',
    does: 'API server, scheduler, kubelet',
  },
  {
    component: 'containerd',
    module: 'github.com/containerd/containerd/v2',
    name: 'containerd',
    does: 'runs every container',
  },
  {
    component: 'containerd',
    module: 'github.com/containernetworking/plugins',
    name: 'CNI plugins',
    does: 'the pods’ network',
  },
  {
    component: 'runc',
    module: 'github.com/opencontainers/runc',
    name: 'runc',
    does: 'what keeps a container in',
  },
  {
    component: 'etcd',
    module: 'go.etcd.io/etcd/server/v3',
    name: 'etcd',
    does: 'the cluster’s own data',
  },
  {
    component: 'registry',
    module: 'github.com/distribution/distribution/v3',
    name: 'registry',
    does: 'keeps images and backups',
  },
  { component: 'coredns', module: 'github.com/coredns/coredns', name: 'CoreDNS', does: 'names within' },
  {
    component: 'local-path',
    module: 'github.com/rancher/local-path-provisioner',
    name: 'local-path-provisioner',
    does: 'volumes',
  },
  {
    component: 'cert-manager',
    module: 'github.com/cert-manager/cert-manager',
    name: 'cert-manager',
    does: 'renews certificates',
  },
  {
    component: 'traefik',
    module: 'github.com/traefik/traefik/v3',
    name: 'Traefik',
    does: 'the door: every request goes through it',
  },
  {
    component: 'prometheus',
    module: 'github.com/prometheus/prometheus',
    name: 'Prometheus',
    does: 'figures and alerts',
  },
  {
    component: 'alertmanager',
    module: 'github.com/prometheus/alertmanager',
    name: 'Alertmanager',
    does: 'tells people of alerts',
  },
];
