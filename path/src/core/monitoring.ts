/*
 * What the cluster's monitoring is called: the part of the cluster that runs it, the step that tells it of a project,
 * the network policies that let it in and the commands that ask it have to agree on these.
 */

/** Prometheus, Alertmanager and the observer, in one pod. */
export const monitoring = {
  /** Where it is in a cluster of our own; see `monitoringNamespace`. */
  namespace: 'ptp-monitoring',
  /** Of the Deployment, its Service and its pods' label `app.kubernetes.io/name`. */
  name: 'monitoring',
  /** The ports of the Service, and of the pod. */
  ports: { prometheus: 9090, alertmanager: 9093, observer: 9115, usage: 9443 },
  /** The API that autoscalers ask for what pods use, as an APIService is called. */
  usageApi: 'v1beta1.metrics.k8s.io',
  /** How large its volume is (a Kubernetes quantity), and in GiB: the clouds' bills know it. */
  volume: '2Gi',
  volumeGib: 2,
  /** On the Secret with a project's settings; its value is the project's name. */
  settingsLabel: 'ptp.dev/monitoring',
} as const;

/** Where a target's monitoring is. */
export interface MonitoredPlace {
  readonly cluster: string;
  /** The project's namespace. */
  readonly namespace: string;
}

/**
 * The namespace of what watches over a target. A cluster that somebody else runs may have several projects, which know
 * nothing of each other: each has its monitoring beside itself, and sees no other's. @returns at most 63 characters
 */
export function monitoringNamespace({ cluster, namespace }: MonitoredPlace): string {
  return cluster === 'kubeconfig' ? `${namespace.slice(0, 52)}-monitoring` : monitoring.namespace;
}

/** Where the public door of a cluster of our own is reached from within it, by the observer's probes. */
export const doorWithin = 'traefik.ptp-system.svc.cluster.local:443';

/** Milliseconds that the door sorts its answers by; a latency that is promised is one of them. */
export const latencyBounds = [10, 25, 50, 100, 200, 300, 500, 1000, 2000, 5000] as const;
