import { z } from 'zod';
import type { Project } from '../../project/project.ts';
import type { Leftover } from '../cloud.ts';
import type { GoogleApi, Request } from './api.ts';
import { nameOf } from './names.ts';
import { targetOf } from './region.ts';

const thing = z.looseObject({
  name: z.string(),
  description: z.string().optional(),
  network: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  sizeGb: z.string().optional(),
});
type Thing = z.infer<typeof thing>;

const backup = z.object({
  name: z.string(),
  instance: z.string().optional(),
  type: z.string().optional(),
  description: z.string().optional(),
  maxChargeableBytes: z.string().optional(),
});

/**
 * What is in the project of our cluster's or of our databases' beside the stack: load balancers, addresses, firewall rules
 * and disks that the cluster made, and last backups. A cluster names what it makes by labels and descriptions of its own.
 */
export async function leftoversOf(api: GoogleApi, project: Project): Promise<readonly Leftover[]> {
  const { region } = targetOf(project);
  const name = nameOf(project);
  const regional = `projects/{project}/regions/${region}`;
  const ofNetwork = ({ network }: Thing) => network?.endsWith(`/networks/${name}`) === true;
  const ofCluster = (each: Thing) => each.labels?.['goog-k8s-cluster-name'] === name;
  const [rules, firewalls, disks, addresses, backups] = await Promise.all([
    listOf(api, { service: 'compute', path: `${regional}/forwardingRules` }),
    listOf(api, { service: 'compute', path: 'projects/{project}/global/firewalls' }),
    disksOf(api, name),
    listOf(api, { service: 'compute', path: `${regional}/addresses` }),
    backupsOf(api, project),
  ]);
  return [
    ...rules
      .filter((each) => ofCluster(each) || ofNetwork(each))
      .map((each) => left('load balancer', each, [{ item: 'forwarding-rule', quantity: 1 }])),
    ...firewalls
      .filter((each) => /^(gke|k8s)-/.test(each.name) && ofNetwork(each))
      .map((each) => left('firewall rule', each)),
    ...disks
      .filter(ofCluster)
      .map((each) => left('disk', each, [{ item: 'disk', quantity: Number(each.sizeGb ?? 0) }])),
    ...addresses.filter(ofCluster).map((each) => left('address', each, [{ item: 'address', quantity: 1 }])),
    ...backups,
  ];
}

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
