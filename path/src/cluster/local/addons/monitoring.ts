import { monitoring } from '../../../core/monitoring.ts';
import type { KubernetesObject } from '../../../kubernetes/objects.ts';
import { firstNode } from '../layout.ts';
import { type AddOn, type AddOnInput, type NodeSite, restricted } from './add-on.ts';
import { prometheusSettings, prometheusSettingsFile } from './monitoring-settings.ts';
import { hostName, identity, object } from './objects.ts';

const { name, namespace, ports, usageApi } = monitoring;
const labels = { 'app.kubernetes.io/name': name };

/**
 * Prometheus, Alertmanager and the observer. One pod: they are of no use without each other, and a second and third
 * sandbox would cost more memory than Alertmanager does.
 */
export const monitoringAddOn: AddOn<NodeSite> = {
  name: 'prometheus',
  component: 'prometheus',
  program: 'prometheus',
  beside: [
    { component: 'alertmanager', program: 'alertmanager' },
    { component: 'observer', program: 'observer' },
  ],
  documents: false,
  deployment: { namespace, name },
  objects: async (input) => objects(input),
};

/** What Prometheus keeps its samples on; it gives up the oldest before the volume is full. */
const volume = { size: '2Gi', kept: '1500MB', days: 35 };

const watch = ['get', 'list', 'watch'];

function objects(input: AddOnInput<NodeSite>): readonly KubernetesObject[] {
  return [
    object('v1', 'Namespace', namespace, {
      metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    }),
    ...identity(
      name,
      namespace,
      [
        { apiGroups: [''], resources: ['pods', 'nodes'], verbs: watch },
        { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
        { apiGroups: ['apps'], resources: ['deployments', 'statefulsets'], verbs: watch },
      ],
      [{ apiGroups: [''], resources: ['secrets'], verbs: watch }],
    ),
    // Only nodes reach it, the API server among them: whoever asks it has to be let in there.
    object(
      'networking.k8s.io/v1',
      'NetworkPolicy',
      name,
      { spec: { podSelector: {}, policyTypes: ['Ingress'] } },
      namespace,
    ),
    object('v1', 'ConfigMap', name, { data: { [prometheusSettingsFile]: prometheusSettings } }, namespace),
    object(
      'v1',
      'PersistentVolumeClaim',
      name,
      { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: volume.size } } } },
      namespace,
    ),
    deployment(input),
    object(
      'v1',
      'Service',
      name,
      {
        metadata: { labels },
        spec: {
          selector: labels,
          ports: Object.entries(ports).map(([port, number]) => ({
            name: port,
            port: number,
            targetPort: number,
          })),
        },
      },
      namespace,
    ),
    object('apiregistration.k8s.io/v1', 'APIService', usageApi, {
      spec: {
        group: 'metrics.k8s.io',
        version: 'v1beta1',
        groupPriorityMinimum: 100,
        versionPriority: 100,
        service: { name, namespace, port: ports.usage },
        // The API server sends no credentials along, and whoever answers in its stead would have to be on a node.
        insecureSkipTLSVerify: true,
      },
    }),
  ];
}

function deployment(input: AddOnInput<NodeSite>): KubernetesObject {
  const spec = {
    replicas: 1,
    selector: { matchLabels: labels },
    // Two would not share the volume.
    strategy: { type: 'Recreate' },
    template: {
      metadata: { labels },
      spec: {
        serviceAccountName: name,
        nodeSelector: { [hostName]: firstNode },
        enableServiceLinks: false,
        terminationGracePeriodSeconds: 30,
        securityContext: { fsGroup: 65532, fsGroupChangePolicy: 'OnRootMismatch' },
        // The observer first: it writes what the others read when they start.
        initContainers: [observer(input)],
        containers: [prometheus(input), alertmanager(input)],
        volumes: [
          { name: 'data', persistentVolumeClaim: { claimName: name } },
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

function observer(input: AddOnInput<NodeSite>) {
  const answers = (path: string) => ({ httpGet: { path, port: ports.observer } });
  return {
    name: 'observer',
    image: input.image('observer').reference,
    restartPolicy: 'Always',
    args: [
      `--namespace=${namespace}`,
      '--folder=/settings',
      `--listen=:${ports.observer}`,
      `--listen-usage=:${ports.usage}`,
    ],
    env: [{ name: 'GOMEMLIMIT', value: '40MiB' }],
    startupProbe: { ...answers('/readyz'), periodSeconds: 1, failureThreshold: 120 },
    livenessProbe: { ...answers('/livez'), periodSeconds: 10 },
    resources: { requests: { cpu: '5m', memory: '20Mi' }, limits: { memory: '64Mi' } },
    securityContext: restricted,
    volumeMounts: [{ name: 'settings', mountPath: '/settings' }],
  };
}

function prometheus(input: AddOnInput<NodeSite>) {
  const answers = (path: string) => ({ httpGet: { path, port: ports.prometheus }, timeoutSeconds: 5 });
  return {
    name: 'prometheus',
    image: input.image('prometheus').reference,
    args: [
      `--config.file=/etc/prometheus/${prometheusSettingsFile}`,
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

function alertmanager(input: AddOnInput<NodeSite>) {
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
