import { monitoring } from '../../core/monitoring.ts';
import { isScaled } from '../../project/is-scaled.ts';
import type { Project } from '../../project/project.ts';
import type { Stack } from '../cloud.ts';
import { imageNames } from '../image-names.ts';
import type { Aws } from './api.ts';
import { addOn } from './resources/add-on.ts';
import type { AwsResource } from './resources/aws-resource.ts';
import { cluster, type EksCluster } from './resources/cluster.ts';
import { database, type RdsDatabase } from './resources/database.ts';
import { databaseFirewall, databaseSubnets } from './resources/database-network.ts';
import { certificatesRole, clusterRole, nodeRole } from './resources/identity.ts';
import { internetGateway, subnet, vpc } from './resources/network.ts';
import { podIdentity } from './resources/pod-identity.ts';
import { type Repository, repository } from './resources/registry.ts';
import { routeTable } from './resources/routes.ts';
import { givenZone, ownZone, record, type Zone } from './resources/zone.ts';

/** The resources that the rest asks about, beside all of them. */
export interface AwsStack extends Stack<Aws> {
  readonly cluster: AwsResource<EksCluster>;
  readonly zone: AwsResource<Zone>;
  readonly repositories: readonly AwsResource<Repository>[];
  /** By the service's name. */
  readonly databases: Readonly<Record<string, AwsResource<RdsDatabase>>>;
}

/** cert-manager's ServiceAccount: what its pods may is given to it by name. */
export const certificatesAccount = { namespace: 'ptp-system', serviceAccount: 'cert-manager' };

/** All that a project's target is made of on AWS. Pure. */
export function stack(project: Project): AwsStack {
  const { cloud } = project.target;

  const network = vpc(project);
  const gateway = internetGateway(project, network);
  const open = [
    subnet(project, network, { id: 'subnet-public-a', range: '10.20.0.0/20', zone: 0, isPublic: true }),
    subnet(project, network, { id: 'subnet-public-b', range: '10.20.16.0/20', zone: 1, isPublic: true }),
  ];
  const routes = routeTable(project, network, gateway, open);

  const roles = { role: clusterRole(project), nodes: nodeRole(project) };
  const kubernetes = cluster(project, { ...roles, subnets: open, routes });

  // Auto Mode has nobody who tells autoscalers what pods use.
  const addOns = project.components.some(isScaled) ? [addOn(project, kubernetes, 'metrics-server')] : [];

  const repositories = imageNames(project).map((image) => repository(project, image));

  const zone = cloud?.zone === undefined ? ownZone(project) : givenZone(cloud.zone);
  const address = record(project, zone);
  const forCertificates = cloud?.acme === undefined ? [] : dns01(project, zone, kubernetes);

  const services = cloud?.databases === 'managed' ? project.services : [];
  const databases: Record<string, AwsResource<RdsDatabase>> = {};
  const forDatabases: AwsResource[] = [];
  if (services.length > 0) {
    const closed = [
      subnet(project, network, { id: 'subnet-data-a', range: '10.20.128.0/24', zone: 0, isPublic: false }),
      subnet(project, network, { id: 'subnet-data-b', range: '10.20.129.0/24', zone: 1, isPublic: false }),
    ];
    const around = {
      firewall: databaseFirewall(project, network),
      subnets: databaseSubnets(project, closed),
    };
    for (const service of services) databases[service.name] = database(project, service, around);
    forDatabases.push(...closed, around.firewall, around.subnets, ...Object.values(databases));
  }

  return {
    resources: [
      ...[network, gateway, ...open, routes],
      ...[roles.role, roles.nodes, kubernetes],
      ...addOns,
      ...repositories,
      ...forDatabases,
      ...[zone, address, ...forCertificates],
    ],
    registry: repositories.map(({ id }) => id),
    indirect: indirect(project),
    choices: choices(project),
    cluster: kubernetes,
    zone,
    repositories,
    databases,
  };
}

function dns01(project: Project, zone: AwsResource<Zone>, kubernetes: AwsResource<EksCluster>) {
  const role = certificatesRole(project, zone);
  return [role, podIdentity(project, kubernetes, role, certificatesAccount)];
}

function indirect(project: Project): Stack<Aws>['indirect'] {
  const { cloud } = project.target;
  const volumes = cloud?.databases === 'managed' ? [] : project.services;
  return [
    {
      text: 'one node that EKS Auto Mode starts for the pods (more where they need it)',
      costs: [
        { item: 'node-c6a.large', quantity: 1 },
        { item: 'auto-mode-c6a.large', quantity: 1 },
        { item: 'disk', quantity: 84 },
        { item: 'public-ipv4', quantity: 1 },
      ],
    },
    {
      text: 'the load balancer of the gateway, in two zones',
      costs: [
        { item: 'network-load-balancer', quantity: 1 },
        { item: 'public-ipv4', quantity: 2 },
      ],
    },
    { text: 'images of some releases', costs: [{ item: 'ecr', quantity: 10 }] },
    ...volumes.map(({ name }) => ({
      text: `the disk of ${name}`,
      costs: [{ item: 'disk', quantity: 1 }],
    })),
    ...(project.target.monitoring === 'cluster'
      ? [
          {
            text: 'the disk of the monitoring (its pod has room on the node)',
            costs: [{ item: 'disk', quantity: monitoring.volumeGib }],
          },
        ]
      : []),
  ];
}

function choices(project: Project): readonly string[] {
  const { cloud } = project.target;
  return [
    'Nodes have public addresses and no NAT gateway: one would cost 33 USD a month more, for each zone, beside traffic. Their security group lets nothing in from the Internet.',
    'All routes of the system share one load balancer; each further one would cost 16 USD and 2 addresses.',
    ...(cloud?.databases === 'managed' && project.services.length > 0
      ? [
          'The database runs in one zone; RDS in two (Multi-AZ) would cost as much again.',
          '`databases: cluster` keeps PostgreSQL in the cluster, for the price of its disk, without backups by AWS.',
        ]
      : []),
    ...(cloud?.access.length === 0
      ? ['The API server can be reached from anywhere, by who has a token; `access` limits it, for nothing.']
      : []),
  ];
}
