import type { Project } from '../../../project/project.ts';
import { stackName } from '../../ownership.ts';
import type { Resource } from '../../resource.ts';
import { type Api, part, text } from '../api.ts';
import { pathsOf } from '../names.ts';
import { versions } from '../versions.ts';
import { armResource, type Known } from './arm-resource.ts';

/** The network's addresses. AKS takes 10.0.0.0/16 for Services and 10.244.0.0/16 for pods by itself. */
export const addresses = {
  all: '10.225.0.0/16',
  /** Where pods run: on nodes that come and go with them. */
  nodes: '10.225.0.0/20',
  /** The cluster's own parts: Microsoft's nodes, at least /26. */
  system: '10.225.16.0/24',
  /** The API server's own leg, at least /28. */
  server: '10.225.17.0/28',
  /** Databases: reached from within the network alone. */
  database: '10.225.18.0/28',
} as const;

type Subnet = Exclude<keyof typeof addresses, 'all'>;
const delegated: Readonly<Partial<Record<Subnet, string>>> = {
  server: 'Microsoft.ContainerService/managedClusters',
  database: 'Microsoft.DBforPostgreSQL/flexibleServers',
};

/** The virtual network with its subnets: without one of its own, the cluster's could not have a database beside it. */
export function networkResource(
  project: Project,
  group: Resource<Api, Known>,
  withDatabase: boolean,
): Resource<Api, Known> {
  const name = stackName(project);
  const subnets: readonly Subnet[] = [
    'nodes',
    'system',
    'server',
    ...(withDatabase ? (['database'] as const) : []),
  ];
  const desired = {
    location: project.target.cloud?.region ?? '',
    properties: {
      addressSpace: { addressPrefixes: [addresses.all] },
      subnets: subnets.map((subnet) => ({
        name: subnet,
        properties: {
          addressPrefix: addresses[subnet],
          ...(delegated[subnet] === undefined
            ? {}
            : { delegations: [{ name: 'service', properties: { serviceName: delegated[subnet] } }] }),
        },
      })),
    },
  };
  const resource = armResource<Known>({
    id: 'network',
    kind: 'virtual network',
    name,
    needs: [group],
    desired,
    deadline: 1800,
    project,
    ownedBy: 'tags',
    version: versions.network,
    path: (api) => pathsOf(project, api.subscription).provider(`Microsoft.Network/virtualNetworks/${name}`),
    value: (_answer, known) => known,
    // The service writes it back with everything that was put into it: the whole list is asked for again.
    compared: { properties: { addressSpace: desired.properties.addressSpace } },
  });
  return {
    ...resource,
    async find(api, seen) {
      const found = await resource.find(api, seen);
      if (found === undefined || !found.ours || found.state !== 'ready') return found;
      const answer = await api.get(found.value.id, versions.network, seen.signal);
      const there = new Set(listOf(answer).map((subnet) => text(subnet, 'name')));
      const missing = subnets.filter((subnet) => !there.has(subnet));
      const drift = missing.map((subnet) => ({
        path: `.properties.subnets[name=${subnet}]`,
        after: addresses[subnet],
      }));
      return { ...found, drift: [...found.drift, ...drift] };
    },
  };
}

/** A subnet's path. */
export function subnetOf(network: Known, subnet: Subnet): string {
  return `${network.id}/subnets/${subnet}`;
}

function listOf(answer: unknown): readonly unknown[] {
  const { subnets } = part(answer, 'properties');
  return Array.isArray(subnets) ? subnets : [];
}
