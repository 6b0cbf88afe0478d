import { monitoring } from '../../../core/monitoring.ts';
import { hashOf } from '../../../kubernetes/hash.ts';
import { type CloudSite, type GuestSite, type NodeSite, systemNamespace } from './add-on.ts';

const { ports } = monitoring;

/** Seconds between two looks at what changes quickly, and at what does not. */
const often = '10s';
const seldom = '30s';

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount';

const own = (job: string, port: number) => ({
  job_name: job,
  static_configs: [{ targets: [`127.0.0.1:${port}`] }],
});

/** The pods of the cluster's own parts, each at the one port that has its figures. */
const part = (name: string, inNamespace: string, selector: string, port: number) => ({
  job_name: name,
  kubernetes_sd_configs: [
    { role: 'pod', namespaces: { names: [inNamespace] }, selectors: [{ role: 'pod', label: selector }] },
  ],
  relabel_configs: [
    { source_labels: ['__meta_kubernetes_pod_phase'], regex: 'Running', action: 'keep' },
    { source_labels: ['__meta_kubernetes_pod_ip'], target_label: '__address__', replacement: `$1:${port}` },
    { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'instance' },
    // A target for each of a container's ports otherwise, all at the same address by now; one is kept.
    { source_labels: ['__meta_kubernetes_pod_container_init'], regex: 'false', action: 'keep' },
  ],
});

/** A node's kubelet, asked itself with the right `nodes/metrics`: by the API server's proxy it would take `nodes/proxy`, which is as good as all rights, and which GKE Autopilot refuses. */
const kubelet = (job: string, path: string, kept: string, interval = seldom) => ({
  job_name: job,
  scrape_interval: interval,
  scheme: 'https',
  metrics_path: path,
  authorization: { credentials_file: `${serviceAccount}/token` },
  tls_config: { ca_file: `${serviceAccount}/ca.crt` },
  kubernetes_sd_configs: [{ role: 'node' }],
  relabel_configs: [{ source_labels: ['__meta_kubernetes_node_name'], target_label: 'node' }],
  metric_relabel_configs: [{ source_labels: ['__name__'], regex: kept, action: 'keep' }],
});

/** Prometheus' file, and what it is called. */
export interface PrometheusSettings {
  /** Changes with its content, so that the pod is replaced: Prometheus reads it when it starts. */
  readonly file: string;
  /** YAML, as every JSON is. */
  readonly text: string;
}

/**
 * What Prometheus looks at in a cluster; what a project adds is read from the files that the observer writes. In
 * somebody else's cluster it looks at nobody's pods but the project's, and keeps figures of its volumes alone.
 */
export function settingsFor(site: NodeSite | CloudSite | GuestSite): PrometheusSettings {
  const guest = site.kind === 'guest';
  const text = `${JSON.stringify(
    {
      global: { scrape_interval: often, scrape_timeout: '5s', evaluation_interval: often },
      alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${ports.alertmanager}`] }] }] },
      rule_files: ['/settings/projects/*.rules.yaml'],
      scrape_config_files: ['/settings/projects/*.scrape.yaml'],
      scrape_configs: [
        ...itself,
        ...(guest ? [] : ownParts),
        ...(guest && !site.nodes ? [] : kubelets(guest ? site.watched : undefined)),
      ],
    },
    null,
    1,
  )}\n`;
  return { file: `prometheus-${hashOf(text).slice(0, 8)}.yaml`, text };
}

const itself = [
  {
    ...own('prometheus', ports.prometheus),
    metric_relabel_configs: keep(
      'prometheus_(tsdb_head_series|config_last_reload_successful|notifications_dropped_total|tsdb_storage_blocks_bytes)|process_resident_memory_bytes|process_start_time_seconds',
    ),
  },
  {
    ...own('alertmanager', ports.alertmanager),
    metric_relabel_configs: keep(
      'alertmanager_(notifications_total|notifications_failed_total|config_last_reload_successful)|process_resident_memory_bytes',
    ),
  },
  {
    ...own('observer', ports.observer),
    // Its figures are about other things than itself: these tell which.
    honor_labels: true,
    metric_relabel_configs: keep('kube_.*|probe_.*|process_resident_memory_bytes'),
  },
];

const ownParts = [
  {
    ...part('traefik', systemNamespace, 'app.kubernetes.io/name=traefik', 9000),
    metric_relabel_configs: keep(
      'traefik_router_request(s_total|_duration_seconds_bucket)|traefik_open_connections|process_resident_memory_bytes',
    ),
  },
  {
    ...part('cert-manager', systemNamespace, 'app.kubernetes.io/name=cert-manager', 9402),
    scrape_interval: seldom,
    honor_labels: true,
    metric_relabel_configs: keep('certmanager_certificate_.*'),
  },
];

/** The nodes' own figures of pods and volumes; of one namespace alone where it is told. */
const kubelets = (namespace: string | undefined) => {
  const narrowed =
    namespace === undefined ? [] : [{ source_labels: ['namespace'], regex: namespace, action: 'keep' }];
  const one = (job: string, path: string, kept: string, interval?: string) => {
    const all = kubelet(job, path, kept, interval);
    return { ...all, metric_relabel_configs: [...all.metric_relabel_configs, ...narrowed] };
  };
  return [
    one(
      'kubelet',
      '/metrics',
      'kubelet_volume_stats_(available|capacity|used)_bytes|kubelet_volume_stats_inodes(_free)?|kubelet_running_pods',
    ),
    one(
      'kubelet-resource',
      '/metrics/resource',
      '(node|container|pod)_(cpu_usage_seconds_total|memory_working_set_bytes)',
      // Autoscalers go by it.
      often,
    ),
  ];
};

function keep(regex: string) {
  return [{ source_labels: ['__name__'], regex, action: 'keep' }];
}
