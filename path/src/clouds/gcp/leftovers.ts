import { z } from 'zod';
import type { Project } from '../../project/project.ts';
import type { Leftover } from '../cloud.ts';
import type { GoogleApi, Request } from './api.ts';
import { nameOf } from './names.ts';
import { targetOf } from './region.ts';
import { addressPath } from './resources/address.ts';
import { type Stray, straysOf } from './strays.ts';

const thing = z.looseObject({
  name: z.string(),
  description: z.string().optional(),
  network: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  sizeGb: z.string().optional(),
});
type Thing = z.infer<typeof thing>;

const address = z.object({ users: z.array(z.string()).optional() });
const backup = z.object({
  name: z.string(),
  instance: z.string().optional(),
  type: z.string().optional(),
  description: z.string().optional(),
  maxChargeableBytes: z.string().optional(),
});

/**
 * What is in the project of our cluster's or of our databases' beside the stack: the load balancer at our address,
 * firewall rules in our network and disks that the cluster made, what is of an earlier ptp.yaml, and last backups. Disks of nodes come and go with the
 * cluster, and so do the firewall rules of its own (`gke-`): as long as it is there they are not left over.
 */
export async function leftoversOf(api: GoogleApi, project: Project): Promise<readonly Leftover[]> {
  const name = nameOf(project);
  const ofNetwork = ({ network }: Thing) => network?.endsWith(`/networks/${name}`) === true;
  const [users, firewalls, disks, backups, strays] = await Promise.all([
    api.find({ service: 'compute', path: addressPath(project) }, address),
    listOf(api, { service: 'compute', path: 'projects/{project}/global/firewalls' }),
    disksOf(api, name),
    backupsOf(api, project),
    straysOf(api, project),
  ]);
  return [
    ...(users?.users ?? []).map((url) =>
      left('load balancer', { name: lastPart(url) }, [{ item: 'forwarding-rule', quantity: 1 }]),
    ),
    ...firewalls
      .filter((each) => /^k8s\d?-/.test(each.name) && ofNetwork(each))
      .map((each) => left('firewall rule', each)),
    ...firewalls
      .filter((each) => each.name.startsWith('gke-') && ofNetwork(each))
      .map((each) => ({ kind: 'firewall rule', name: each.name })),
    ...disks
      .filter((each) => each.name.startsWith('pvc-') && each.labels?.['goog-k8s-cluster-name'] === name)
      .map((each) => left('disk', each, [{ item: 'disk', quantity: Number(each.sizeGb ?? 0) }])),
    ...strays.map(({ kind, name, where }) => ({
      kind,
      name: `${name} (${where})`,
      costs: [{ item: strayItems[kind], quantity: 1 }],
    })),
    ...backups,
  ];
}

const strayItems = {
  'GKE cluster': 'gke-cluster',
  'DNS zone': 'dns-zone',
  'Cloud SQL instance': 'sql-f1-micro',
} as const satisfies Readonly<Record<Stray['kind'], string>>;

function left(kind: string, { name }: Thing, costs?: Leftover['costs']): Leftover {
  return { kind, name, byCluster: true, ...(costs === undefined ? {} : { costs }) };
}

async function listOf(api: GoogleApi, request: Request): Promise<readonly Thing[]> {
  const page = z.object({ items: z.array(thing).optional(), nextPageToken: z.string().optional() });
  const all: Thing[] = [];
  let pageToken: string | undefined;
  do {
    const query: Readonly<Record<string, string | readonly string[]>> = {
      ...request.query,
      ...(pageToken === undefined ? {} : { pageToken }),
    };
    const answer: z.infer<typeof page> | undefined = await api.find({ ...request, query }, page);
    all.push(...(answer?.items ?? []));
    pageToken = answer?.nextPageToken;
  } while (pageToken !== undefined && pageToken !== '');
  return all;
}

/** Disks are in zones: all of the project's are asked for, of this cluster. */
async function disksOf(api: GoogleApi, cluster: string): Promise<readonly Thing[]> {
  const answer = await api.find(
    {
      service: 'compute',
      path: 'projects/{project}/aggregated/disks',
      query: { filter: `labels.goog-k8s-cluster-name=${cluster}` },
    },
    z.object({ items: z.record(z.string(), z.object({ disks: z.array(thing).optional() })).optional() }),
  );
  return Object.values(answer?.items ?? {}).flatMap(({ disks = [] }) => disks);
}

async function backupsOf(api: GoogleApi, project: Project): Promise<readonly Leftover[]> {
  if (targetOf(project).databases !== 'managed') return [];
  const answer = await api.find(
    { service: 'sqladmin', path: 'v1/projects/{project}/backups' },
    z.object({ backups: z.array(backup).optional() }),
  );
  const names = new Set(project.services.map((service) => nameOf(project, service.name)));
  return (answer?.backups ?? [])
    .filter(
      ({ type, instance = '' }) => type === 'FINAL' && names.has(lastPart(instance).replace(/-\d$/, '')),
    )
    .map(({ name, maxChargeableBytes }) => ({
      kind: 'last backup',
      name,
      kept: true,
      costs: [{ item: 'sql-backup', quantity: Number(maxChargeableBytes ?? 0) / 1e9 }],
    }));
}

function lastPart(path: string): string {
  return path.split('/').at(-1) ?? path;
}
