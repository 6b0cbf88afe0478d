import { monitoring } from '../../core/monitoring.ts';
import type { Project } from '../../project/project.ts';
import { quantity } from '../../project/quantity.ts';
import type { Stack } from '../cloud.ts';
import type { Price } from '../price.ts';
import type { Resource } from '../resource.ts';
import type { GoogleApi } from './api.ts';
import { targetOf } from './region.ts';
import { addressResource } from './resources/address.ts';
import { zoneRightsResources } from './resources/certificates.ts';
import { clusterResource } from './resources/cluster.ts';
import { databaseResource } from './resources/database.ts';
import { databaseNameResource } from './resources/database-name.ts';
import { accountResource } from './resources/identity.ts';
import { natResource } from './resources/nat.ts';
import { networkResource, subnetResource } from './resources/network.ts';
import { nodeRightsResource, pullRightsResource } from './resources/node-rights.ts';
import { peeringResource, rangeResource } from './resources/peering.ts';
import { recordResource } from './resources/record.ts';
import { registryResource } from './resources/registry.ts';
import { servicesResource } from './resources/services.ts';
import { zoneResource } from './resources/zone.ts';

/** The stack with the resources that others ask about. */
export interface GoogleStack extends Stack<GoogleApi> {
  readonly parts: ReturnType<typeof partsOf>;
}

/** Everything that a project's target is in Google Cloud, in one list. Pure. */
export function stackOf(project: Project): GoogleStack {
  const parts = partsOf(project);
  const { databases, zone, record, ...single } = parts;
  const resources: Resource<GoogleApi>[] = [...Object.values(single), zone, record]
    .flat()
    .filter((each) => each !== undefined);
  return {
    parts,
    resources: [...resources, ...[...databases.values()].flatMap((each) => [each.database, each.named])],
    registry: ['services', 'registry'],
    indirect: [
      { text: 'load balancer of the gateway', costs: [{ item: 'forwarding-rule', quantity: 1 }] },
      { text: 'pods, as long as they run', costs: podCosts(project) },
      ...volumesOf(project),
      ...monitoringOf(project),
    ],
    choices: choicesOf(project),
  };
}

function partsOf(project: Project) {
  const { databases, acme } = targetOf(project);
  const managed = databases === 'managed' ? project.services : [];
  const services = servicesResource(managed.length > 0);
  const network = networkResource(project, services);
  const subnet = subnetResource(project, network);
  const nat = natResource(project, network);
  const address = addressResource(project, services);
  const nodes = accountResource(project, 'nodes', services);
  const registry = registryResource(project, services);
  const rights = [nodeRightsResource(nodes), pullRightsResource(project, nodes, registry)];
  const cluster = clusterResource(project, { subnet, nat, address, nodes, rights });
  const range = managed.length > 0 ? rangeResource(project, network) : undefined;
  const peering = range === undefined ? undefined : peeringResource(project, { network, range });
  const zone = zoneResource(project, services);
  const certificates = acme === undefined ? undefined : accountResource(project, 'dns', services);
  return {
    services,
    network,
    subnet,
    nat,
    address,
    nodes: nodes.account,
    registry,
    rights,
    cluster,
    range,
    peering,
    zone,
    record: recordResource(project, zone),
    certificates: certificates?.account,
    zoneRights: certificates === undefined ? [] : zoneRightsResources(certificates, { zone, cluster }),
    databases: new Map(
      managed.flatMap((service) => {
        if (peering === undefined) return [];
        const database = databaseResource(project, service, peering);
        const named = databaseNameResource(project, service, database);
        return [[service.name, { database, named }] as const];
      }),
    ),
  };
}

/** What Autopilot bills is what pods ask for: the components, the gateway and what issues certificates. */
function podCosts({ components }: Project): readonly Price[] {
  const sum = (of: (component: Project['components'][number]) => number) =>
    components.reduce((all, component) => all + component.replicas * of(component), 0);
  const gib = 2 ** 30;
  const cpu = sum(({ resources }) => Math.max(leastCpu, quantity(resources.cpu) ?? 0));
  const memory = sum(({ resources }) => Math.max(leastMemory, quantity(resources.memory) ?? 0)) / gib;
  return [
    { item: 'autopilot-cpu', quantity: cpu + gatewayPods * leastCpu },
    { item: 'autopilot-memory', quantity: memory + (gatewayPods * leastMemory) / gib },
  ];
}

/** What watches over the system: one pod, and its disk. */
function monitoringOf({ target }: Project): Stack<GoogleApi>['indirect'] {
  if (target.monitoring !== 'cluster') return [];
  return [
    {
      text: 'monitoring: its pod and its disk',
      costs: [
        // Less than the least is billed as the least.
        { item: 'autopilot-cpu', quantity: monitoringPod.cpu },
        { item: 'autopilot-memory', quantity: monitoringPod.gib },
        { item: 'disk', quantity: monitoring.volumeGib },
      ],
    },
  ];
}

/** Processors and memory that the monitoring's pod is billed for: the least of each of its three containers. */
const monitoringPod = { cpu: 0.15, gib: 0.25 };

/** Disks of databases that run in the cluster. */
function volumesOf(project: Project): Stack<GoogleApi>['indirect'] {
  if (targetOf(project).databases === 'managed' || project.services.length === 0) return [];
  const size = project.services.reduce((all, { storage }) => all + (quantity(storage) ?? 0) / 1e9, 0);
  return [{ text: 'volumes of databases', costs: [{ item: 'disk', quantity: Math.ceil(size) }] }];
}

/** Less than this is billed as this (Autopilot, general purpose). */
const leastCpu = 0.05;
const leastMemory = 52 * 2 ** 20;
/** Pods of Traefik and cert-manager. */
const gatewayPods = 3;

function choicesOf(project: Project): readonly string[] {
  const { databases, databaseClass, access } = targetOf(project);
  const managed = databases === 'managed' && project.services.length > 0;
  return [
    'Google credits 74.40 a month for one cluster of each billing account: the first one costs no management.',
    ...(managed && databaseClass === undefined
      ? ['db-f1-micro shares its processor and has no service level: db-custom-1-3840 is about 50 a month.']
      : []),
    ...(managed ? ['`databases: cluster` keeps PostgreSQL on a volume and saves the managed server.'] : []),
    ...(access.length === 0
      ? ['`access` limits who can reach the API server at all; left out, every address may try.']
      : []),
  ];
}
