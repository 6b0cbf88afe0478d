import { hashOf } from '../../kubernetes/hash.ts';
import { label } from '../../kubernetes/labels.ts';
import type {
  ConfigMap,
  Container,
  EnvVar,
  KubernetesObject,
  NetworkPolicy,
  Probe,
  ServiceAccount,
  ServiceObject,
  StatefulSet,
  Volume,
  VolumeMount,
} from '../../kubernetes/objects.ts';
import { containerSecurity, podSecurity } from '../../kubernetes/pod-security.ts';
import { pullReference } from '../../kubernetes/pull-secret.ts';
import { type ServiceInput, secretNames } from '../service.ts';
import { backupLabel, planBackup } from './backup/plan.ts';
import { podLabels } from './binding.ts';
import { initScript, paths, pgHbaConf, postgresqlConf } from './configuration.ts';
import { postgresPort } from './credentials.ts';
import { postgresUser, programs } from './image.ts';

/** MiB that the server may use. */
const memory = 512;

/** The objects of one PostgreSQL server: who runs, its settings, its address, itself and who may reach it. */
export function planPostgres(input: ServiceInput): readonly KubernetesObject[] {
  const configuration = configMap(input);
  return [
    account(input),
    configuration,
    service(input, input.service.name, {}),
    service(input, headless(input), { clusterIP: 'None', publishNotReadyAddresses: true }),
    statefulSet(input, configuration),
    networkPolicy(input),
    ...planBackup(input),
  ];
}

const headless = ({ service }: ServiceInput) => `${service.name}-pods`;

function metadata({ project, service }: ServiceInput, name: string) {
  const labels = { ...podLabels(project.name, service.name), [label.partOf]: project.name };
  return { name, namespace: project.target.namespace, labels };
}

function account(input: ServiceInput): ServiceAccount {
  const { service, cluster } = input;
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadata(input, service.name),
    automountServiceAccountToken: false,
    ...pullReference(cluster),
  };
}

function configMap(input: ServiceInput): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadata(input, `${input.service.name}-configuration`),
    data: {
      'postgresql.conf': postgresqlConf(memory),
      'pg_hba.conf': pgHbaConf,
      'init.sh': initScript(programs(input.service.version)),
    },
  };
}

function service(input: ServiceInput, name: string, extra: ServiceObject['spec']): ServiceObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(input, name),
    spec: {
      selector: podLabels(input.project.name, input.service.name),
      ports: [{ name: 'postgresql', port: postgresPort, targetPort: 'postgresql', protocol: 'TCP' }],
      ...extra,
    },
  };
}

function statefulSet(input: ServiceInput, configuration: ConfigMap): StatefulSet {
  const { project, service, cluster, image } = input;
  const labels = podLabels(project.name, service.name);
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: metadata(input, service.name),
    spec: {
      replicas: 1,
      serviceName: headless(input),
      selector: { matchLabels: labels },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      template: {
        metadata: {
          labels: { ...labels, [label.project]: project.name },
          annotations: { 'ptp.dev/configuration': hashOf(configuration.data) },
        },
        spec: {
          serviceAccountName: service.name,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: podSecurity(postgresUser),
          terminationGracePeriodSeconds: 60,
          initContainers: [initContainer(service.version, image.reference)],
          containers: [serverContainer(service.version, image.reference)],
          volumes: volumes(input),
        },
      },
      volumeClaimTemplates: [
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'data', labels },
          spec: {
            accessModes: ['ReadWriteOnce'],
            ...(cluster.storageClass === undefined ? {} : { storageClassName: cluster.storageClass }),
            resources: { requests: { storage: service.storage } },
          },
        },
      ],
    },
  };
}

/**
 * Runs a program with a lock on the volume that all its processes hold until the last of them has ended. PostgreSQL's own
 * lock is a process number, which says nothing about other containers: a node whose supervisor of a container is killed
 * may start the next one while the first one's processes still write, and two servers on one folder destroy it.
 */
function alone(...program: readonly string[]): readonly string[] {
  return ['/usr/bin/flock', '--no-fork', '--timeout', '60', `${paths.volume}/in-use.lock`, ...program];
}

function initContainer(version: number, image: string): Container {
  return {
    name: 'init',
    image,
    command: alone('/bin/sh', `${paths.configuration}/init.sh`),
    env: environment(version),
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: `${memory}Mi` } },
    securityContext: containerSecurity,
    volumeMounts: [...mounts, { name: 'credentials', mountPath: paths.credentials, readOnly: true }],
  };
}

function serverContainer(version: number, image: string): Container {
  const ready = probe({
    exec: {
      command: [
        `${programs(version)}/pg_isready`,
        '--quiet',
        `--host=${paths.sockets}`,
        '--username=postgres',
      ],
    },
  });
  const listens = probe({ tcpSocket: { port: 'postgresql' } });
  return {
    name: 'postgres',
    image,
    command: alone(`${programs(version)}/postgres`),
    args: ['-D', paths.data, '-c', `config_file=${paths.configuration}/postgresql.conf`],
    env: environment(version),
    ports: [{ name: 'postgresql', containerPort: postgresPort, protocol: 'TCP' }],
    // Recovery after a crash can take long; ten minutes before it is taken for dead.
    startupProbe: { ...ready, periodSeconds: 1, failureThreshold: 600 },
    // Once it has recovered it answers or it is gone: a program started in the container every few seconds, for the
    // node a hundred times the work of a connection, would tell no more.
    readinessProbe: { ...listens, periodSeconds: 5, failureThreshold: 3 },
    livenessProbe: { ...listens, periodSeconds: 10, failureThreshold: 6 },
    resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: `${memory}Mi` } },
    securityContext: containerSecurity,
    volumeMounts: mounts,
  };
}

function probe(action: Partial<Probe>): Probe {
  return { ...action, timeoutSeconds: 5 };
}

function environment(version: number): readonly EnvVar[] {
  return [
    { name: 'PGDATA', value: paths.data },
    { name: 'PATH', value: `${programs(version)}:/usr/bin:/bin` },
  ];
}

const mounts: readonly VolumeMount[] = [
  { name: 'data', mountPath: paths.volume },
  { name: 'configuration', mountPath: paths.configuration, readOnly: true },
  { name: 'tmp', mountPath: '/tmp' },
  { name: 'sockets', mountPath: paths.sockets },
  { name: 'shared-memory', mountPath: '/dev/shm' },
];

function volumes({ service }: ServiceInput): readonly Volume[] {
  return [
    { name: 'configuration', configMap: { name: `${service.name}-configuration` } },
    { name: 'credentials', secret: { secretName: secretNames(service).admin, defaultMode: 0o440 } },
    { name: 'tmp', emptyDir: { sizeLimit: '256Mi' } },
    { name: 'sockets', emptyDir: { sizeLimit: '1Mi' } },
    { name: 'shared-memory', emptyDir: { medium: 'Memory', sizeLimit: '128Mi' } },
  ];
}

/** Only components that are bound reach the server, and the server reaches nobody. */
function networkPolicy(input: ServiceInput): NetworkPolicy {
  const { project, service } = input;
  const bound = project.components
    .filter((component) => component.needs.includes(service.name))
    .map((component) => component.name);
  const components = { matchExpressions: [{ key: label.component, operator: 'In', values: bound }] };
  const backup =
    input.backup === undefined ? [] : [{ podSelector: { matchLabels: { [backupLabel]: service.name } } }];
  const from = [...(bound.length === 0 ? [] : [{ podSelector: components }]), ...backup];
  const ports = [{ protocol: 'TCP', port: 'postgresql' }];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(input, service.name),
    spec: {
      podSelector: { matchLabels: podLabels(project.name, service.name) },
      policyTypes: ['Ingress', 'Egress'],
      ingress: from.length === 0 ? [] : [{ from, ports }],
    },
  };
}
