import { askingNames } from '../../../kubernetes/asking-names.ts';
import { hashOf } from '../../../kubernetes/hash.ts';
import { label } from '../../../kubernetes/labels.ts';
import type {
  ConfigMap,
  CronJob,
  KubernetesObject,
  NetworkPolicy,
  PodSpec,
  ServiceAccount,
} from '../../../kubernetes/objects.ts';
import { containerSecurity, podSecurity } from '../../../kubernetes/pod-security.ts';
import { pullReference } from '../../../kubernetes/pull-secret.ts';
import type { ServiceInput } from '../../service.ts';
import { podLabels } from '../binding.ts';
import { postgresPort } from '../credentials.ts';
import { programs } from '../image.ts';
import { backupUser } from './image.ts';
import { backupScripts } from './scripts.ts';

/** On the pods that make a service's backups: lets them to the server. */
export const backupLabel = 'ptp.dev/backup';

/** Where the recipient of backups is remembered: who else runs `up` must not put another in its place. */
export const recipientAnnotation = 'ptp.dev/recipient';

/** What a service's backups are called, in the cluster and in the registry. */
export function backupName(service: { readonly name: string }): string {
  return `${service.name}-backup`;
}

/** On the pods that make backups: which scripts they have. */
export const scriptsAnnotation = 'ptp.dev/scripts';

/** What that says where the cluster has the scripts of this version of ptp. */
export function scriptsRevision(service: { readonly version: number }): string {
  return hashOf(backupScripts(programs(service.version)));
}

/** The objects that make backups of one server; none where ptp.yaml asks for none. */
export function planBackup(input: ServiceInput): readonly KubernetesObject[] {
  const { backup, service } = input;
  if (backup === undefined || service.backup === undefined) return [];
  const scripts: ConfigMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadata(input),
    data: backupScripts(programs(service.version)),
  };
  const account: ServiceAccount = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadata(input),
    automountServiceAccountToken: false,
    ...pullReference(input.cluster),
  };
  return [account, scripts, networkPolicy(input), cronJob(input, backup, hashOf(scripts.data))];
}

function metadata({ project, service }: ServiceInput) {
  return {
    name: backupName(service),
    namespace: project.target.namespace,
    labels: { ...podLabelsOf(service.name), [label.partOf]: project.name },
  };
}

function podLabelsOf(service: string): Readonly<Record<string, string>> {
  return { [label.name]: `${service}-backup`, [backupLabel]: service };
}

function cronJob(
  input: ServiceInput,
  { image, recipient }: NonNullable<ServiceInput['backup']>,
  revision: string,
): CronJob {
  const { service } = input;
  const { schedule = '17 3 * * *' } = service.backup ?? {};
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { ...metadata(input), annotations: { [recipientAnnotation]: recipient } },
    spec: {
      schedule,
      timeZone: 'Etc/UTC',
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 3600,
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 3,
      jobTemplate: {
        metadata: { labels: podLabelsOf(service.name) },
        spec: {
          backoffLimit: 2,
          activeDeadlineSeconds: 7200,
          ttlSecondsAfterFinished: 86_400,
          template: {
            metadata: {
              labels: podLabelsOf(service.name),
              annotations: { [scriptsAnnotation]: revision },
            },
            spec: podSpec(input, image.reference, recipient),
          },
        },
      },
    },
  };
}

function podSpec(input: ServiceInput, image: string, recipient: string): PodSpec {
  const { service, binding, backup } = input;
  const registry = backup?.registry;
  return {
    serviceAccountName: backupName(service),
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    restartPolicy: 'Never',
    securityContext: podSecurity(backupUser),
    containers: [
      {
        name: 'backup',
        image,
        command: ['/bin/sh', '/etc/ptp-backup/backup.sh'],
        env: [
          { name: 'RECIPIENT', value: recipient },
          { name: 'REGISTRY', value: registryUrl(input) },
          { name: 'KEEP', value: String(service.backup?.keep ?? 14) },
        ],
        resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
        securityContext: containerSecurity,
        volumeMounts: [
          { name: 'work', mountPath: '/work' },
          { name: 'scripts', mountPath: '/etc/ptp-backup', readOnly: true },
          { name: 'binding', mountPath: '/bindings', readOnly: true },
          ...(registry === undefined ? [] : [{ name: 'registry', mountPath: '/registry', readOnly: true }]),
        ],
      },
    ],
    volumes: [
      // What waits to be sent is encrypted, and no larger than what it is of.
      { name: 'work', emptyDir: { sizeLimit: service.storage } },
      { name: 'scripts', configMap: { name: backupName(service) } },
      { name: 'binding', secret: { secretName: binding.metadata.name, defaultMode: 0o440 } },
      ...(registry === undefined
        ? []
        : [{ name: 'registry', secret: { secretName: registry.metadata.name, defaultMode: 0o440 } }]),
    ],
  };
}

/** Where a service's backups are kept: a repository of the project's part of the registry. */
function registryUrl({ cluster, service }: ServiceInput): string {
  const { url, prefix } = cluster.registry;
  const path = [prefix, backupName(service)].filter((part) => part !== '').join('/');
  return `${url.replace(/\/+$/, '')}/v2/${path}`;
}

/** They reach the server, names, and the registry. */
function networkPolicy(input: ServiceInput): NetworkPolicy {
  const { project, service, cluster } = input;
  const { hostname, port, protocol } = new URL(cluster.registry.url);
  const to = /^\d+(\.\d+){3}$/.test(hostname) ? { to: [{ ipBlock: { cidr: `${hostname}/32` } }] } : {};
  const registryPort = Number(port || (protocol === 'https:' ? 443 : 80));
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(input),
    spec: {
      podSelector: { matchLabels: { [backupLabel]: service.name } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [],
      egress: [
        askingNames(project.target.cloud?.nameServers),
        {
          to: [{ podSelector: { matchLabels: podLabels(project.name, service.name) } }],
          ports: [{ protocol: 'TCP', port: postgresPort }],
        },
        { ...to, ports: [{ protocol: 'TCP', port: registryPort }] },
      ],
    },
  };
}
