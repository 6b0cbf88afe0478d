import { expect, test } from 'vitest';
import type { Digest } from '../../../core/handover.ts';
import { Secret } from '../../../core/secret.ts';
import type { CloudSite, GuestSite, NodeSite } from './add-on.ts';
import { type MonitoringSite, monitoringAddOn } from './monitoring.ts';

const node: NodeSite = {
  kind: 'node',
  dns: '10.0.0.10',
  nodeAddress: '10.0.0.1',
  volumes: '/v',
  zoneServers: [],
};
const cloud: CloudSite = {
  kind: 'cloud',
  loadBalancer: {},
  certificates: {},
  certificatePods: {},
  storageClass: 'disk',
};
const guest: GuestSite = { kind: 'guest', watched: 'shop', nodes: true, volumes: true };

interface Any {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly rules?: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: unknown;
  readonly imagePullSecrets?: unknown;
}

interface PodSpec {
  readonly containers: readonly { readonly securityContext: unknown }[];
  readonly initContainers: readonly { readonly securityContext: unknown }[];
}

async function objects(site: MonitoringSite, namespace?: string): Promise<readonly Any[]> {
  const image = (name: string) => ({
    name,
    digest: 'sha256:0' as Digest,
    reference: `r/${name}@sha256:0`,
    tags: [],
  });
  return (await monitoringAddOn(namespace).objects({ site, image })) as readonly Any[];
}
/** The spec of the one object of a kind. */
function specOf<Spec>(all: readonly Any[], kind: string): Spec {
  const [first, ...more] = of(all, kind);
  if (first === undefined || more.length > 0) throw new Error(`not one ${kind}`);
  return first.spec as Spec;
}
const of = (all: readonly Any[], kind: string) => all.filter((one) => one.kind === kind);
const rights = (all: readonly Any[]) =>
  all.flatMap(({ kind, metadata, rules = [] }) =>
    rules.map(
      ({ resources, verbs }) =>
        `${kind} ${metadata.namespace ?? '*'}: ${verbs.join(',')} ${resources.join(',')}`,
    ),
  );
const jobs = (all: readonly Any[]) => {
  const text = Object.values(of(all, 'ConfigMap')[0]?.data ?? {})[0] ?? '{}';
  return (
    JSON.parse(text) as { readonly scrape_configs: readonly { readonly job_name: string }[] }
  ).scrape_configs.map(({ job_name }) => job_name);
};

test.each([
  ['our own node', node],
  ['a cloud', cloud],
  ['a guest', guest],
])('on %s every container keeps to the restricted standard, and its rights are to look', async (_, site) => {
  const all = await objects(site);
  const { spec } = specOf<{ readonly template: { readonly spec: PodSpec } }>(all, 'Deployment').template;
  expect([...spec.initContainers, ...spec.containers]).toHaveLength(3);
  for (const { securityContext } of [...spec.initContainers, ...spec.containers])
    expect(securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      runAsNonRoot: true,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    });
  expect(JSON.stringify(spec)).not.toMatch(/hostPath|hostNetwork|hostPID|hostPort/);
  expect(rights(all).join()).not.toMatch(/proxy|create|update|patch|delete|\*,/);
  const [namespace] = of(all, 'Namespace').filter(({ metadata }) => metadata.name === 'ptp-monitoring');
  expect(namespace?.metadata.labels?.['pod-security.kubernetes.io/enforce']).toBe('restricted');
});

test('our own node has the volume of its only class, and lets nobody in but itself', async () => {
  const all = await objects(node);
  expect(of(all, 'PersistentVolumeClaim')[0]?.spec).toEqual({
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '2Gi' } },
  });
  expect(of(all, 'NetworkPolicy')[0]?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress'] });
  expect(JSON.stringify(of(all, 'Deployment'))).toContain('nodeSelector');
  expect(jobs(all)).toEqual(expect.arrayContaining(['traefik', 'cert-manager', 'kubelet']));
});

test('a cloud’s cluster has a disk of its class, on any node, and lets the API server ask Prometheus alone', async () => {
  const all = await objects(cloud);
  expect(of(all, 'PersistentVolumeClaim')[0]?.spec).toMatchObject({ storageClassName: 'disk' });
  expect(JSON.stringify(of(all, 'Deployment'))).not.toContain('nodeSelector');
  const { ingress } = specOf<{
    readonly ingress: readonly { readonly from: readonly unknown[]; readonly ports: unknown }[];
  }>(all, 'NetworkPolicy');
  expect(ingress).toHaveLength(1);
  expect(ingress[0]?.ports).toEqual([{ protocol: 'TCP', port: 9090 }]);
  expect(ingress[0]?.from).toContainEqual({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
  });
  expect(jobs(all)).toEqual(expect.arrayContaining(['traefik', 'cert-manager', 'kubelet']));
});

test('only our own node is told by it what pods use', async () => {
  const told = async (site: MonitoringSite) =>
    of(await objects(site), 'APIService').map(({ metadata }) => metadata.name);
  expect(await told(node)).toEqual(['v1beta1.metrics.k8s.io']);
  expect(await told(cloud)).toEqual([]);
  expect(await told(guest)).toEqual([]);
});

test('a guest sees its project’s namespace and no other, and nodes where it may', async () => {
  const all = await objects(guest, 'shop-monitoring');
  expect(rights(all)).toEqual([
    'Role shop-monitoring: get,list,watch secrets',
    'Role shop: get,list,watch pods',
    'Role shop: get,list,watch deployments,statefulsets',
    'ClusterRole *: get,list,watch nodes',
    'ClusterRole *: get nodes/metrics',
  ]);
  expect(of(all, 'ClusterRole')[0]?.metadata.name).toBe('ptp:shop-monitoring');
  const text = JSON.stringify(all);
  expect(text).toContain('"--watch=shop","--nodes=true"');
  expect(jobs(all)).toEqual(['prometheus', 'alertmanager', 'observer', 'kubelet', 'kubelet-resource']);
  // What kubelets tell of others is not kept.
  expect(text).toContain('\\"regex\\": \\"shop\\"');
  expect(all.every(({ metadata }) => metadata.namespace !== 'ptp-monitoring')).toBe(true);

  const less = await objects({ ...guest, nodes: false }, 'shop-monitoring');
  expect(of(less, 'ClusterRole')).toEqual([]);
  expect(jobs(less)).toEqual(['prometheus', 'alertmanager', 'observer']);
  expect(JSON.stringify(less)).toContain('--nodes=false');
});

test('a guest without volumes forgets with its pod; one that needs credentials pulls with them', async () => {
  const all = await objects(
    { ...guest, volumes: false, pullSecret: new Secret('{"auths":{}}') },
    'shop-monitoring',
  );
  expect(of(all, 'PersistentVolumeClaim')).toEqual([]);
  expect(JSON.stringify(of(all, 'Deployment'))).toContain('{"name":"data","emptyDir":{"sizeLimit":"2Gi"}}');
  expect(of(all, 'Secret').map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([
    'shop-monitoring/registry-pull',
  ]);
  expect(of(all, 'ServiceAccount')[0]?.imagePullSecrets).toEqual([{ name: 'registry-pull' }]);
});
