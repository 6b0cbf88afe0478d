import { monitoring } from '../../../core/monitoring.ts';
import { namespaceFor } from '../../../kubernetes/namespace.ts';
import type { KubernetesObject } from '../../../kubernetes/objects.ts';
import { firstNode } from '../layout.ts';
import {
  type AddOn,
  type AddOnInput,
  type CloudSite,
  type GuestSite,
  type NodeSite,
  restricted,
} from './add-on.ts';
import { monitoringRights } from './monitoring-rights.ts';
import { settingsFor } from './monitoring-settings.ts';
import { hostName, object } from './objects.ts';

const { name, ports, usageApi } = monitoring;
const labels = { 'app.kubernetes.io/name': name };

/** Every kind of cluster can be watched over. */
export type MonitoringSite = NodeSite | CloudSite | GuestSite;
type MonitoringInput = AddOnInput<MonitoringSite>;

/**
 * Prometheus, Alertmanager and the observer. One pod: they are of no use without each other, and a second and third
 * sandbox would cost more memory than Alertmanager does.
 * @param namespace that of a cluster of our own, unless told
 */
export function monitoringAddOn(namespace: string = monitoring.namespace): AddOn<MonitoringSite> {
  return {
    name: 'prometheus',
    component: 'prometheus',
    program: 'prometheus',
    beside: [
      { component: 'alertmanager', program: 'alertmanager' },
      { component: 'observer', program: 'observer' },
    ],
    documents: false,
    deployment: { namespace, name },
    objects: async (input) => objects(input, namespace),
  };
}

/** What Prometheus keeps its samples on; it gives up the oldest before the volume is full. */
const volume = { size: monitoring.volume, kept: '1500MB', days: 35 };

function objects(input: MonitoringInput, namespace: string): readonly KubernetesObject[] {
  const { site } = input;
  const settings = settingsFor(site);
  const here = (apiVersion: string, kind: string, called: string, rest: Readonly<Record<string, unknown>>) =>
    object(apiVersion, kind, called, rest, namespace);
  return [
    site.kind === 'guest'
      ? namespaceFor(namespace)
      : object('v1', 'Namespace', namespace, {
          metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
        }),
    ...monitoringRights(site, namespace),
    here('networking.k8s.io/v1', 'NetworkPolicy', name, { spec: whoMayAsk(site) }),
    here('v1', 'ConfigMap', name, { data: { [settings.file]: settings.text } }),
    ...(site.kind === 'guest' && !site.volumes ? [] : [claim(site, namespace)]),
    deployment(input, namespace, settings.file),
    here('v1', 'Service', name, {
      metadata: { labels },
      spec: {
        selector: labels,
        ports: Object.entries(ports).map(([port, number]) => ({
          name: port,
          port: number,
          targetPort: number,
        })),
      },
    }),
    // A cloud's cluster, and others', have somebody who answers this.
    ...(site.kind === 'node' ? [usageService(namespace)] : []),
  ];
}

function usageService(namespace: string): KubernetesObject {
  return object('apiregistration.k8s.io/v1', 'APIService', usageApi, {
    spec: {
      group: 'metrics.k8s.io',
      version: 'v1beta1',
      groupPriorityMinimum: 100,
      versionPriority: 100,
      service: { name, namespace, port: ports.usage },
      // The API server sends no credentials along, and whoever answers in its stead would have to be on a node.
      insecureSkipTLSVerify: true,
    },
  });
}

function claim(site: MonitoringSite, namespace: string): KubernetesObject {
  // On a node of ours there is one class alone, and a claim's class can never be changed.
  const storageClassName = site.kind === 'node' ? undefined : site.storageClass;
  const spec = {
    accessModes: ['ReadWriteOnce'],
    ...(storageClassName === undefined ? {} : { storageClassName }),
    resources: { requests: { storage: volume.size } },
  };
  return object('v1', 'PersistentVolumeClaim', name, { spec }, namespace);
}

/** Addresses of no public network (RFC 1918, RFC 6598): where the API servers of managed clusters come from. */
const inside = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'];

/**
 * Only nodes reach it on a cluster of our own, the API server among them: whoever asks has to be let in there. Elsewhere
 * the API server comes from an address of its network, or through a tunnel that ends in kube-system.
 */
function whoMayAsk({ kind }: MonitoringSite) {
  const kubeSystem = { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } };
  const from = [{ namespaceSelector: kubeSystem }, ...inside.map((cidr) => ({ ipBlock: { cidr } }))];
  return {
    podSelector: {},
    policyTypes: ['Ingress'],
    ...(kind === 'node' ? {} : { ingress: [{ from, ports: [{ protocol: 'TCP', port: ports.prometheus }] }] }),
  };
}

function deployment(input: MonitoringInput, namespace: string, settingsFile: string): KubernetesObject {
  const { site } = input;
  const data =
    site.kind === 'guest' && !site.volumes
      ? { emptyDir: { sizeLimit: volume.size } }
      : { persistentVolumeClaim: { claimName: name } };
  const spec = {
    replicas: 1,
    selector: { matchLabels: labels },
    // Two would not share the volume.
    strategy: { type: 'Recreate' },
    template: {
      metadata: { labels },
      spec: {
        serviceAccountName: name,
        ...(site.kind === 'node' ? { nodeSelector: { [hostName]: firstNode } } : {}),
        enableServiceLinks: false,
        terminationGracePeriodSeconds: 30,
        securityContext: { fsGroup: 65532, fsGroupChangePolicy: 'OnRootMismatch' },
        // The observer first: it writes what the others read when they start.
        initContainers: [observer(input, namespace)],
        containers: [prometheus(input, settingsFile), alertmanager(input)],
        volumes: [
          { name: 'data', ...data },
          // Receivers' addresses are secrets.
          { name: 'settings', emptyDir: { medium: 'Memory', sizeLimit: '4Mi' } },
          { name: 'base', configMap: { name } },
          { name: 'alerts', emptyDir: { sizeLimit: '32Mi' } },
        ],
      },
    },
  };
  return object('apps/v1', 'Deployment', name, { metadata: { labels }, spec }, namespace);
}

function observer({ image, site }: MonitoringInput, namespace: string) {
  const answers = (path: string) => ({ httpGet: { path, port: ports.observer } });
  return {
    name: 'observer',
    image: image('observer').reference,
    restartPolicy: 'Always',
    args: [
      `--namespace=${namespace}`,
      '--folder=/settings',
      `--listen=:${ports.observer}`,
      `--listen-usage=${site.kind === 'node' ? `:${ports.usage}` : ''}`,
      ...(site.kind === 'guest' ? [`--watch=${site.watched}`, `--nodes=${site.nodes}`] : []),
    ],
    env: [{ name: 'GOMEMLIMIT', value: '40MiB' }],
    startupProbe: { ...answers('/readyz'), periodSeconds: 1, failureThreshold: 120 },
    livenessProbe: { ...answers('/livez'), periodSeconds: 10 },
    resources: { requests: { cpu: '5m', memory: '20Mi' }, limits: { memory: '64Mi' } },
    securityContext: restricted,
    volumeMounts: [{ name: 'settings', mountPath: '/settings' }],
  };
}

function prometheus(input: MonitoringInput, settingsFile: string) {
  const answers = (path: string) => ({ httpGet: { path, port: ports.prometheus }, timeoutSeconds: 5 });
  return {
    name: 'prometheus',
    image: input.image('prometheus').reference,
    args: [
      `--config.file=/etc/prometheus/${settingsFile}`,
      '--storage.tsdb.path=/data/tsdb',
      `--storage.tsdb.retention.time=${volume.days}d`,
      `--storage.tsdb.retention.size=${volume.kept}`,
      '--web.enable-lifecycle',
      // An alert that is not sent again for four times as long is over: also when nobody is left to send it.
      '--rules.alert.resend-delay=15s',
      '--log.format=json',
      '--log.level=warn',
    ],
    env: [
      // Memory is worth more here than the processor time of a collection more often.
      { name: 'GOGC', value: '40' },
      { name: 'GOMEMLIMIT', value: '140MiB' },
    ],
    startupProbe: { ...answers('/-/ready'), periodSeconds: 1, failureThreshold: 300 },
    readinessProbe: { ...answers('/-/ready'), periodSeconds: 5 },
    livenessProbe: { ...answers('/-/healthy'), periodSeconds: 20, failureThreshold: 6 },
    resources: { requests: { cpu: '20m', memory: '100Mi' }, limits: { memory: '256Mi' } },
    securityContext: restricted,
    volumeMounts: [
      { name: 'data', mountPath: '/data' },
      { name: 'settings', mountPath: '/settings', readOnly: true },
      { name: 'base', mountPath: '/etc/prometheus', readOnly: true },
    ],
  };
}

function alertmanager(input: MonitoringInput) {
  const answers = (path: string) => ({ httpGet: { path, port: ports.alertmanager } });
  return {
    name: 'alertmanager',
    image: input.image('alertmanager').reference,
    args: [
      '--config.file=/settings/alertmanager.yaml',
      '--storage.path=/alerts',
      // There is no other one to agree with.
      '--cluster.listen-address=',
      '--log.format=json',
      '--log.level=warn',
    ],
    env: [{ name: 'GOMEMLIMIT', value: '40MiB' }],
    readinessProbe: { ...answers('/-/ready'), periodSeconds: 5 },
    livenessProbe: { ...answers('/-/healthy'), periodSeconds: 20, failureThreshold: 6 },
    resources: { requests: { cpu: '5m', memory: '30Mi' }, limits: { memory: '96Mi' } },
    securityContext: restricted,
    volumeMounts: [
      { name: 'alerts', mountPath: '/alerts' },
      { name: 'settings', mountPath: '/settings', readOnly: true },
    ],
  };
}
