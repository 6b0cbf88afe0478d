import type { Project } from '../../project/project.ts';
import type { Stack } from '../cloud.ts';
import type { Resource } from '../resource.ts';
import type { Api } from './api.ts';
import { assignmentResource, type Grantee } from './resources/assignment.ts';
import { clusterResource } from './resources/cluster.ts';
import { databaseResource } from './resources/database.ts';
import { federationResource } from './resources/federation.ts';
import { groupResource } from './resources/group.ts';
import { type Identity, identityResource } from './resources/identity.ts';
import { networkResource } from './resources/network.ts';
import { privateZoneLinkResource, privateZoneResource } from './resources/private-zone.ts';
import { recordResource } from './resources/record.ts';
import { registryResource } from './resources/registry.ts';
import { servicesResource } from './resources/services.ts';
import { borrowedZone, zoneResource } from './resources/zone.ts';

/** cert-manager's ServiceAccount in the cluster, as every cluster of ptp has it. */
export const certManagerAccount = { namespace: 'ptp-system', name: 'cert-manager' } as const;

/** What is wanted in a subscription, by the words that the rest of this folder asks for it. */
export function resourcesOf(project: Project) {
  const { zone, databases, acme } = project.target.cloud ?? { databases: 'cluster' as const };
  const managed = databases === 'managed' ? project.services : [];

  const services = servicesResource();
  const group = groupResource(project, services, () => new Set(all.map(({ name }) => name)));
  const network = networkResource(project, group, managed.length > 0);
  const clusterIdentity = identityResource(project, group, 'cluster');
  // For its load balancers and the API server's own leg; on the network alone, not on the group.
  const mayUseNetwork = assignmentResource(
    project,
    'cluster-network',
    'Network Contributor',
    network,
    by('the cluster', clusterIdentity),
  );
  const cluster = clusterResource(project, { network, identity: clusterIdentity, mayUseNetwork });
  const access = assignmentResource(
    project,
    'access',
    'Azure Kubernetes Service RBAC Cluster Admin',
    cluster,
    { needs: [], text: 'who runs ptp', of: (api) => api.caller },
  );

  const registry = registryResource(project, group);
  const mayPull = assignmentResource(project, 'nodes-pull', 'AcrPull', registry, {
    needs: [cluster],
    text: "the cluster's nodes",
    of: (_api, seen) => ({ id: seen.of(cluster).kubelet, type: 'ServicePrincipal' }),
  });

  const names = zone === undefined ? zoneResource(project, group) : borrowedZone(zone);
  const certificates = identityResource(project, group, 'certificates');
  const dns01 = [
    certificates,
    federationResource(project, certificates, cluster, certManagerAccount),
    assignmentResource(
      project,
      'certificates-zone',
      'DNS Zone Contributor',
      names,
      by('cert-manager', certificates),
    ),
  ];

  const privateZone = privateZoneResource(project, group);
  const link = privateZoneLinkResource(project, privateZone, network);
  const servers = managed.map((service) => ({
    service,
    server: databaseResource(project, service, { network, zone: privateZone, link }),
  }));

  const all: readonly Resource<Api>[] = [
    ...[services, group, network, clusterIdentity, mayUseNetwork, cluster, access, registry, mayPull, names],
    recordResource(project, names),
    ...(acme === undefined ? [] : dns01),
    ...(servers.length === 0 ? [] : [privateZone, link, ...servers.map(({ server }) => server)]),
  ];
  return { registry, cluster, names, certificates, servers, all };
}

/** What is wanted, with what the cluster makes of it and what else could be chosen. */
export function stackOf(project: Project): Stack<Api> {
  const { databases } = project.target.cloud ?? {};
  const withServices = project.services.length > 0;
  return {
    resources: resourcesOf(project).all,
    registry: ['registry'],
    indirect: [
      {
        text: 'a node for the pods',
        costs: [
          { item: 'vm-2', quantity: 1 },
          { item: 'disk-64', quantity: 1 },
        ],
      },
      {
        text: 'a load balancer with two addresses',
        costs: [
          { item: 'load-balancer', quantity: 1 },
          { item: 'public-address', quantity: 2 },
        ],
      },
      ...(project.target.monitoring === 'cluster'
        ? [
            {
              text: 'the disk of the monitoring (its pod has room on the node)',
              costs: [{ item: 'disk-4', quantity: 1 }],
            },
          ]
        : []),
    ],
    choices: [
      'AKS adds nodes as pods need them, and removes them; its own parts run on nodes that Microsoft pays.',
      'Pods reach the internet by the load balancer’s second address; a NAT gateway would be 33 $ a month more.',
      ...(withServices && databases === 'managed'
        ? [
            'The smallest database server is chosen; `databases: cluster` runs PostgreSQL on a volume for about 1 $ a month, without the service’s backups.',
          ]
        : []),
      'The registry is Basic; Standard (20 $) takes more pulls at once, Premium (50 $) has private addresses.',
    ],
  };
}

function by(text: string, identity: Resource<Api, Identity>): Grantee {
  return {
    needs: [identity],
    text,
    of: (_api, seen) => ({ id: seen.of(identity).principal, type: 'ServicePrincipal' }),
  };
}
