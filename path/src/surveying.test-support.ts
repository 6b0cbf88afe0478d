import { join } from 'node:path';
import { planAdmission } from './admission/plan.ts';
import type { Cluster, PublishedImage } from './core/handover.ts';
import { Secret } from './core/secret.ts';
import { planDeploy } from './deploy/plan.ts';
import { label } from './kubernetes/labels.ts';
import { namespaceFor } from './kubernetes/namespace.ts';
import type { AnyObject, KubernetesObject, SecretObject } from './kubernetes/objects.ts';
import { type LiveRule, watchedRules } from './observe/live.ts';
import { rulesOf } from './observe/plan.ts';
import { loadProject } from './project/load.ts';
import type { Project } from './project/project.ts';
import type { ReleaseRecord } from './releases/record.ts';
import { planRoute } from './route/plan.ts';
import { serviceKinds } from './services/table.ts';
import type { Snapshot } from './snapshot/snapshot.ts';

const file = join(import.meta.dirname, '../../ptp.yaml');
const letter = (name: string) => (name.length % 10).toString();

/** An image of the reference system as a registry would have it. */
export function imageOf(name: string, digit = letter(name)): PublishedImage {
  const digest = `sha256:${digit.repeat(64)}` as const;
  return { name, digest, reference: `registry.test/hello/${name}@${digest}`, tags: ['0123456789ab'] };
}

const cluster: Cluster = {
  name: 'test',
  provider: 'local',
  version: 'v1.37.2',
  kubeconfig: new Secret(''),
  registry: { url: 'http://127.0.0.1:5000', name: 'registry.test', prefix: 'hello' },
  gatewayClass: 'traefik',
  entry: { address: '127.0.0.1', http: 80, https: 443 },
};

/** All that is planned of the reference system. */
async function planned() {
  const project = await loadProject(file, 'local', { env: {}, shownAs: 'ptp.yaml' });
  const services = project.services.map((service) => {
    const kind = serviceKinds[service.type];
    const { binding, admin } = kind.credentials(project, service);
    const input = {
      project,
      service,
      cluster,
      image: imageOf(kind.image(service).name),
      binding,
      admin,
      ...(kind.backupImage === undefined
        ? {}
        : { backup: { image: imageOf(kind.backupImage(service).name), recipient: 'age1test' } }),
    };
    return {
      objects: kind.plan(input),
      binding: kind.bind(input),
      secret: binding,
      admin,
      image: input.image,
    };
  });
  const images = project.components.map(({ name }) => imageOf(name));
  const deploy = planDeploy({ project, images, bindings: services.map(({ binding }) => binding) });
  const route = planRoute({ project, cluster, listenerPorts: { http: 8000, https: 8443 } });
  const admission = planAdmission(project);
  const all = [...images, ...services.map(({ image }) => image)];
  const manifests = {
    services: services.flatMap(({ objects }) => objects),
    ground: deploy.ground,
    workloads: deploy.workloads,
    route,
  };
  const objects = [
    namespaceFor(project.target.namespace),
    ...Object.values(manifests).flat().map(owned),
    admission.policy,
    admission.binding,
  ];
  return { project, services, images, all, deploy, manifests, objects };
}

/** Every object of the reference system that the path plans, its migrations and Secrets too. */
export async function plannedObjects(): Promise<readonly KubernetesObject[]> {
  const { objects, deploy, services } = await planned();
  return [
    ...objects,
    ...deploy.migrations.map(({ job }) => job),
    ...services.flatMap(({ secret, admin }) => [secret, admin].map(owned)),
  ];
}

/** The reference system's plan, as if a cluster had just taken all of it. */
export async function plannedSnapshot(): Promise<Snapshot> {
  const { project, services, images, all, deploy, manifests, objects } = await planned();
  const release: ReleaseRecord = {
    version: 1,
    number: 1,
    state: 'serving',
    begun: '2026-11-26T10:00:00.000Z',
    ended: '2026-11-26T10:00:09.000Z',
    by: 'ann@desk',
    source: { commit: '0123456789abcdef0123456789abcdef01234567', clean: true },
    images: all,
    manifests,
    migrations: [],
    changes: [],
    rolled: images.map(({ name }) => name),
  };
  const { kubeconfig: _, registry, ...facts } = cluster;
  return {
    taken: '2026-11-26T12:00:00.000Z',
    project,
    file: { shownAs: 'ptp.yaml', text: (await import('node:fs')).readFileSync(file, 'utf8') },
    cluster: { ...facts, registry },
    url: 'https://hello.localhost',
    nodes: [
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'node1' },
        status: {
          capacity: { cpu: '2', memory: '4Gi' },
          nodeInfo: { kubeletVersion: 'v1.37.2', containerRuntimeVersion: 'containerd://2.3.3' },
          conditions: [{ type: 'Ready', status: 'True' }],
        } as never,
      },
    ],
    objects: [...objects.map(settled), ...pods(deploy.workloads), claim, ...classes.map(settled)],
    secrets: services.map(({ secret }: { readonly secret: SecretObject }) => ({
      name: secret.metadata.name,
      type: secret.type ?? '',
      labels: secret.metadata.labels ?? {},
      keys: Object.keys(secret.data ?? secret.stringData ?? {}),
    })),
    releases: [release],
    certificates: [
      {
        secret: 'public-tls',
        subject: '',
        names: ['hello.localhost'],
        issuer: 'CN=ptp',
        from: '2026-11-26T10:00:00.000Z',
        until: '2027-02-24T10:00:00.000Z',
        serial: '01',
        authority: false,
      },
    ],
    images: all.map((image) => ({
      ...image,
      attached: ['https://cyclonedx.org/bom', 'https://slsa.dev/provenance/v1', 'https://spdx.dev/Document'],
      found: { layers: [30_000_000, 2_000_000], user: '65532:65532', entrypoint: ['node'], labels: {} },
    })),
    usage: project.components.flatMap(({ name }) => [
      { namespace: 'hello', pod: `${name}-1-a`, node: 'node1', cpu: 0.01, memory: 60 * 2 ** 20, volumes: [] },
    ]),
    observed: [],
    requests: project.components.map(({ name }) => ({
      part: name,
      pod: `${name}-1-a`,
      total: 100,
      failed: 0,
      seconds: 0.4,
    })),
    watching: {
      health: {
        monitoring: 'running',
        healthy: true,
        since: '2026-11-26T10:00:00.000Z',
        alerts: [],
        budgets: [
          { slo: 'availability', objective: 0.995, window: 30, left: 1 },
          { slo: 'latency', objective: 0.99, within: 500, window: 30, left: 0.9 },
        ],
      },
      rules: watchedRules(project, { groups: [{ rules: liveRules(project) }] }),
      lastHour: { requests: 0.4, kept: { availability: 1, latency: 0.999 } },
    },
    unread: [],
  };
}

/** The rules of a project, as a monitoring answers that has all of them and sees nothing wrong. */
function liveRules(project: Project): readonly LiveRule[] {
  return rulesOf(project)
    .flatMap(({ rules }) => rules)
    .flatMap((rule) =>
      'alert' in rule
        ? [
            {
              name: rule.alert,
              query: rule.expr,
              duration: 60,
              labels: { ...rule.labels },
              state: 'inactive',
              health: 'ok',
              lastEvaluation: '2026-11-26T11:59:45.000Z',
            },
          ]
        : [],
    );
}

const classes: readonly AnyObject[] = [
  { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: 'local-path' } },
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GatewayClass',
    metadata: { name: 'traefik' },
    spec: { controllerName: 'traefik.io/gateway-controller' },
  },
];

const claim: AnyObject = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data-database-0', namespace: 'hello' },
  spec: { resources: { requests: { storage: '1Gi' } }, storageClassName: 'local-path' },
  status: { phase: 'Bound' },
};

/** An object with the label that applying gives it. */
function owned(object: KubernetesObject): KubernetesObject {
  const labels = { ...object.metadata.labels, [label.managedBy]: 'ptp' };
  return { ...object, metadata: { ...object.metadata, labels } };
}

/** An object as its controller leaves it when all is well. */
function settled(object: KubernetesObject): AnyObject {
  // What an autoscaler decides is there all the same.
  const spec = {
    ...(object.kind === 'Deployment' ? { replicas: 2 } : {}),
    ...(object as AnyObject).spec,
  } as Readonly<Record<string, unknown>>;
  const replicas = spec.replicas;
  const conditions = ['Ready', 'Programmed', 'Accepted', 'ScalingActive'].map((type) => ({
    type,
    status: 'True',
  }));
  const managedFields = ['ptp', ...(object.kind === 'Deployment' ? ['ptp-copies'] : [])].map((manager) => ({
    manager,
    operation: 'Apply',
  }));
  return {
    ...object,
    ...('spec' in object ? { spec } : {}),
    metadata: { ...object.metadata, ...{ managedFields } },
    status: { conditions, ...(replicas === undefined ? {} : { replicas, readyReplicas: replicas }) },
  };
}

function pods(workloads: readonly KubernetesObject[]): readonly AnyObject[] {
  return workloads.flatMap((one): readonly AnyObject[] => {
    if (one.kind !== 'Deployment') return [];
    const { template } = (one as AnyObject).spec as { readonly template: AnyObject };
    const containers = (template.spec?.containers ?? []) as readonly {
      readonly name: string;
      readonly image: string;
    }[];
    return [
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { ...template.metadata, name: `${one.metadata.name}-1-a`, namespace: 'hello' },
        ...(template.spec === undefined ? {} : { spec: template.spec }),
        status: {
          phase: 'Running',
          containerStatuses: containers.map(({ name, image }) => ({
            name,
            image,
            imageID: image,
            ready: true,
            restartCount: 0,
          })),
        },
      },
    ];
  });
}
